//! Ids and codes: random ones, and ids derived from the things they belong to.

use data_encoding::BASE32_NOPAD;
use flux_platform::Entropy;
use flux_referral_rules::{AttributionId, CustomerId, GrantKey};
use flux_shop::{ANONYMOUS_CHARS, ANONYMOUS_CODE, GrantId};
use flux_storage::Tx;
use sha2::{Digest, Sha256};

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// A new rule's id: `rule_` and 12 characters.
pub(crate) fn rule_id(entropy: &dyn Entropy) -> String {
    format!("rule_{}", entropy.text(LOWER, 12))
}

/// A new link's id: `lnk_` and 20 characters.
pub(crate) fn link_id(entropy: &dyn Entropy) -> String {
    format!("lnk_{}", entropy.text(LOWER, 20))
}

/// The code that replaces an anonymised customer's.
pub(crate) fn anonymous_code(entropy: &dyn Entropy) -> String {
    format!("{ANONYMOUS_CODE}{}", entropy.text(LOWER, ANONYMOUS_CHARS))
}

/// A random number from 0 to `bound` - 1, for the characters of a code.
pub(crate) fn below(tx: &Tx<'_>, bound: usize) -> usize {
    usize::try_from(tx.entropy().below(bound as u64)).unwrap_or_default()
}

/// The id of a grant.
pub(crate) fn grant_id(key: &GrantKey) -> GrantId {
    GrantId::new(derived("grt", &[key.attribution.as_str(), key.side.as_str(), key.trigger.as_str()]))
}

/// The id of a grant's discount.
pub(crate) fn discount_id(grant: &GrantId) -> String {
    derived("disc", &[grant.as_str()])
}

/// The id of the `n`-th attribution of these two, from 0.
pub(crate) fn attribution_id(referrer: &CustomerId, referee: &CustomerId, n: u32) -> AttributionId {
    AttributionId::new(derived("att", &[referrer.as_str(), referee.as_str(), &n.to_string()]))
}

fn derived(prefix: &str, parts: &[&str]) -> String {
    let text = BASE32_NOPAD.encode(&Sha256::digest(parts.join("|"))).to_ascii_lowercase();
    format!("{prefix}_{}", &text[..26])
}
