//! Texts from the peer.

/// The longest text of a peer that is kept, in characters, since it goes into logs.
pub(crate) const MAX_TEXT_CHARS: usize = 1024;

/// Shortens a text of the peer to [`MAX_TEXT_CHARS`] and replaces control characters by spaces.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(MAX_TEXT_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
