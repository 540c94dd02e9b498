//! Ids and codes, drawn from the random source.

use flux_platform::Entropy;
use flux_shop::{ANONYMOUS_CHARS, ANONYMOUS_CODE};
use flux_storage::Tx;

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// A new rule's id: `rule_` and 12 characters.
pub(crate) fn rule_id(entropy: &dyn Entropy) -> String {
    format!("rule_{}", entropy.text(LOWER, 12))
}

/// A new link's id: `lnk_` and 20 characters.
pub(crate) fn link_id(entropy: &dyn Entropy) -> String {
    format!("lnk_{}", entropy.text(LOWER, 20))
}

/// The code that takes the place of a forgotten customer's.
pub(crate) fn anonymous_code(entropy: &dyn Entropy) -> String {
    format!("{ANONYMOUS_CODE}{}", entropy.text(LOWER, ANONYMOUS_CHARS))
}

/// A random number from 0 to `bound` - 1, for the characters of a code.
pub(crate) fn below(tx: &Tx<'_>, bound: usize) -> usize {
    usize::try_from(tx.entropy().below(bound as u64)).unwrap_or_default()
}
