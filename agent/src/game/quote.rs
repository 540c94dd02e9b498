use crate::limits::QUOTED_CHARS;
use flux_delivery::answer::strip_formatting;

/// A game's answer for a text to the admin: in quotes, on one line, without colours, and not long.
pub(crate) fn quote(answer: &str) -> String {
    let plain = strip_formatting(answer);
    let words: Vec<&str> = plain.split_whitespace().collect();
    let mut text: String = words.join(" ");
    if let Some((end, _)) = text.char_indices().nth(QUOTED_CHARS) {
        text.truncate(end);
        text.push('…');
    }
    if text.is_empty() { "nothing".to_owned() } else { format!("\"{text}\"") }
}
