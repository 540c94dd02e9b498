//! Codes that stand in the place of a forgotten customer's.

/// What such a code begins with.
pub const ANONYMOUS_CODE: &str = "anon-";
/// Characters after it.
pub const ANONYMOUS_CHARS: usize = 20;

/// Whether a code stands in the place of a forgotten customer's. No code that somebody has is as long.
pub fn is_anonymous_code(code: &str) -> bool {
    code.strip_prefix(ANONYMOUS_CODE).is_some_and(|rest| rest.len() == ANONYMOUS_CHARS)
}
