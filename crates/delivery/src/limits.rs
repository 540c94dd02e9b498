//! The limits of this crate that are not part of the wire format.

/// The length up to which an answer is read as a refusal in the usual words, in bytes: a longer one says more.
pub(crate) const MAX_USUAL_REFUSAL: usize = 160;

/// The longest pattern of a policy: characters. A command's line has at most 1,446 bytes.
pub(crate) const MAX_PATTERN_CHARS: usize = 1_000;
