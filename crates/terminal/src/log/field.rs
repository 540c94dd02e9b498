//! Cuts the values of log fields, which may be texts of players, the game or the store of any length.

use crate::limits::LOG_FIELD_BYTES;
use crate::secrets::masked;
use flux_protocol::template::is_invisible;
use std::fmt::{self, Write};

/// Bytes kept free for the mark of a cut, with a count of 20 digits and the quotes.
const MARK_BYTES: usize = 48;

/// The bytes of the longest escape of one character: two UTF-16 escapes in JSON.
const ESCAPE_BYTES: usize = 12;

/// The text of a value without our secrets, cut to [`LOG_FIELD_BYTES`], with a mark that says how much is missing.
///
/// The rest of a longer text is counted as it is written, and never stored.
pub(super) fn cut(value: fmt::Arguments<'_>) -> String {
    let mut beginning = Beginning { kept: String::new(), missing: 0 };
    // Writing into a text cannot fail. A value whose own formatting fails is logged as far as it came.
    let _ = beginning.write_fmt(value);
    let Beginning { kept, missing } = beginning;
    let text = masked(&kept);
    let mut room = LOG_FIELD_BYTES - MARK_BYTES;
    let mut has_room = |c: char| {
        let rest = room.checked_sub(written_bytes(c));
        room = rest.unwrap_or(room);
        rest.is_some()
    };
    let end = text.char_indices().find(|(_, c)| !has_room(*c)).map_or(text.len(), |(at, _)| at);
    let missing = missing + text.len() - end;
    let mut field = text[..end].to_owned();
    if missing > 0 {
        let _ = write!(field, "… ({missing} bytes cut)");
    }
    field
}

/// The first [`LOG_FIELD_BYTES`] of a value, or one character more.
struct Beginning {
    kept: String,
    /// Bytes that had no room.
    missing: usize,
}

impl Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = LOG_FIELD_BYTES.saturating_sub(self.kept.len());
        let end = text.char_indices().map(|(at, _)| at).find(|at| *at >= room).unwrap_or(text.len());
        self.kept += &text[..end];
        self.missing += text.len() - end;
        Ok(())
    }
}

/// The most bytes that a character takes in a line, in any format.
fn written_bytes(c: char) -> usize {
    match c {
        '"' | '\\' => 2,
        _ if is_invisible(c) => ESCAPE_BYTES,
        _ => c.len_utf8(),
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
