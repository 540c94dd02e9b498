//! Escapes texts of players, the game or the store, so that they neither end a line, control a terminal nor hide in it. All
//! output of both programs goes through here: results, errors, and the log in each format.

use crate::style::length_of_style;
use flux_protocol::template::is_invisible;
use std::fmt::Write;

/// A text on one line in which every character can be seen: control, bidirectional, zero-width and other invisible characters
/// become `\n` or `\u{202e}`.
#[must_use]
pub fn escape(text: &str) -> String {
    escape_except(text, |_| false)
}

/// The same for a text of several lines: line feeds and tabs stay.
#[must_use]
pub fn escape_lines(text: &str) -> String {
    escape_except(text, is_layout)
}

/// The same in the JSON of a document: `\u202e`. A parser reads the same values as before.
#[must_use]
pub fn escape_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        if is_invisible(character) && !is_layout(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing into a String cannot fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A text of several lines with the colours of [`crate::paint`], which stay.
pub(crate) fn escape_painted(text: &str) -> String {
    let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('\u{1b}') {
        let (before, style) = rest.split_at(at);
        shown += &escape_lines(before);
        // An escape character that begins no colour of ours is escaped itself.
        let (style, after) = style.split_at(length_of_style(style).unwrap_or(1));
        shown += &if style.len() > 1 { style.to_owned() } else { escape(style) };
        rest = after;
    }
    shown + &escape_lines(rest)
}

fn escape_except(text: &str, stays: fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_invisible(character) && !stays(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

fn is_layout(character: char) -> bool {
    matches!(character, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tone, paint};

    /// Each character of which a text could be misread, with its forms in a text and in JSON.
    const CASES: [(char, &str, &str); 24] = [
        ('\u{1b}', "\\u{1b}", "\\u001b"),
        ('\u{7f}', "\\u{7f}", "\\u007f"),
        ('\u{80}', "\\u{80}", "\\u0080"),
        ('\u{85}', "\\u{85}", "\\u0085"),
        ('\u{9b}', "\\u{9b}", "\\u009b"),
        ('\u{9f}', "\\u{9f}", "\\u009f"),
        ('\u{ad}', "\\u{ad}", "\\u00ad"),
        ('\u{61c}', "\\u{61c}", "\\u061c"),
        ('\u{200b}', "\\u{200b}", "\\u200b"),
        ('\u{200d}', "\\u{200d}", "\\u200d"),
        ('\u{200e}', "\\u{200e}", "\\u200e"),
        ('\u{200f}', "\\u{200f}", "\\u200f"),
        ('\u{2028}', "\\u{2028}", "\\u2028"),
        ('\u{2029}', "\\u{2029}", "\\u2029"),
        ('\u{202a}', "\\u{202a}", "\\u202a"),
        ('\u{202e}', "\\u{202e}", "\\u202e"),
        ('\u{2060}', "\\u{2060}", "\\u2060"),
        ('\u{2066}', "\\u{2066}", "\\u2066"),
        ('\u{2069}', "\\u{2069}", "\\u2069"),
        ('\u{3164}', "\\u{3164}", "\\u3164"),
        ('\u{fe0f}', "\\u{fe0f}", "\\ufe0f"),
        ('\u{feff}', "\\u{feff}", "\\ufeff"),
        ('\u{fffb}', "\\u{fffb}", "\\ufffb"),
        ('\u{e0001}', "\\u{e0001}", "\\udb40\\udc01"),
    ];

    #[test]
    fn invisible_character_is_shown_as_its_number() {
        for (character, shown, in_json) in CASES {
            let text = format!("a{character}b");
            for form in [escape(&text), escape_lines(&text), escape_painted(&text)] {
                assert_eq!(form, format!("a{shown}b"));
            }
            let json = escape_json(&serde_json::to_string(&text).unwrap());
            assert_eq!(json, format!("\"a{in_json}b\""));
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }

    #[test]
    fn visible_text_stays_as_it_is() {
        let text = "Zoë said \"मस्त\", C:\\x, 日本 😀\u{a0}!";
        assert_eq!([escape(text), escape_lines(text), escape_painted(text), escape_json(text)], [text; 4]);
    }

    #[test]
    fn only_lines_and_our_own_colours_stay() {
        assert_eq!(escape("a\n\tb\r"), "a\\n\\tb\\r");
        assert_eq!(escape_lines("a\n\tb\r"), "a\n\tb\\r");
        for tone in [Tone::Good, Tone::Warning, Tone::Bad, Tone::Heading] {
            let painted = paint(tone, "x\ny");
            assert_eq!(escape_painted(&painted), painted);
        }
        assert_eq!(escape_painted("\u{1b}[2J \u{1b}[8m \u{1b}"), "\\u{1b}[2J \\u{1b}[8m \\u{1b}");
    }
}
