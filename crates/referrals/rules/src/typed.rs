//! Texts that people type or paste: what looks the same is the same.

use flux_protocol::template::is_invisible;

/// A text without blanks around it and without invisible characters; full-width letters and digits are ASCII, and each kind of
/// dash is a hyphen.
pub(crate) fn plain(text: &str) -> String {
    text.trim().chars().filter(|character| !is_invisible(*character)).map(ascii).collect::<String>().trim().to_owned()
}

fn ascii(character: char) -> char {
    match character {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
        // The full-width forms of `!` to `~` are in the same order as in ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(character as u32 - 0xfee0).unwrap_or(character),
        _ => character,
    }
}
