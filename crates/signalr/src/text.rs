//! Texts that the other side sent.

/// The most that is kept of one, in characters: it goes into logs.
const MAX_TEXT: usize = 1024;

/// A text from the other side, cut to what a log line can hold.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(MAX_TEXT).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
