//! Codes that replace a forgotten customer's.

/// The prefix of such a code.
pub const ANONYMOUS_CODE: &str = "anon-";
/// Characters after it.
pub const ANONYMOUS_CHARS: usize = 20;

/// True for a code that replaced a forgotten customer's. No customer's own code is as long.
pub fn is_anonymous_code(code: &str) -> bool {
    code.strip_prefix(ANONYMOUS_CODE).is_some_and(|rest| rest.len() == ANONYMOUS_CHARS)
}
