//! Cuts the values of log fields, which may be texts of players, the game or the store of any length.

use crate::limits::LOG_FIELD_BYTES;
use std::fmt::{self, Write};

/// Bytes kept free for the mark of a cut, with a count of 20 digits and the quotes.
const MARK_BYTES: usize = 48;

/// The bytes of the longest escape of one character: two UTF-16 escapes in JSON.
const ESCAPE_BYTES: usize = 12;

/// The text of a value, cut to [`LOG_FIELD_BYTES`] as it is written, with a mark that says how much is missing.
///
/// The rest of a longer text is counted and never stored.
pub(super) fn cut(value: fmt::Arguments<'_>) -> String {
    let mut field = Field { kept: String::new(), room: LOG_FIELD_BYTES - MARK_BYTES, missing: 0 };
    // Writing into a field cannot fail. A value whose own formatting fails is logged as far as it came.
    let _ = field.write_fmt(value);
    let Field { mut kept, missing, .. } = field;
    if missing > 0 {
        let _ = write!(kept, "… ({missing} bytes cut)");
    }
    kept
}

/// The beginning of a value.
struct Field {
    kept: String,
    /// Bytes that may still be written, escapes included.
    room: usize,
    /// Bytes that had no room.
    missing: usize,
}

impl Write for Field {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (at, c) in text.char_indices() {
            let bytes = written_bytes(c);
            if self.missing > 0 || bytes > self.room {
                self.missing += text.len() - at;
                return Ok(());
            }
            self.room -= bytes;
            self.kept.push(c);
        }
        Ok(())
    }
}

/// The bytes that a character takes in a line, in any format.
fn written_bytes(c: char) -> usize {
    match c {
        '"' | '\\' | '\'' => 2,
        _ if c.is_ascii_graphic() || c == ' ' => 1,
        _ if c.escape_debug().len() == 1 => c.len_utf8(),
        _ => ESCAPE_BYTES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_says_how_many_bytes_are_missing() {
        let text = "é".repeat(1_000);
        let field = cut(format_args!("{text}"));
        let (kept, mark) = field.split_once('…').unwrap();
        assert!(text.starts_with(kept) && kept.len() > 900, "{field}");
        assert_eq!(mark, format!(" ({} bytes cut)", text.len() - kept.len()));
        assert!(field.len() <= LOG_FIELD_BYTES, "{} bytes", field.len());
    }

    #[test]
    fn nothing_is_kept_behind_the_first_cut() {
        let text = format!("{}\u{1b}", "x".repeat(LOG_FIELD_BYTES - MARK_BYTES - 1));
        assert!(cut(format_args!("{text}{}", "y")).ends_with("x… (2 bytes cut)"));
    }
}
