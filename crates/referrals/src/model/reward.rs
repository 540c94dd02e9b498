use data_encoding::BASE32_NOPAD;
use flux_referral_rules::{AttributionId, CustomerId, GrantKey};
use flux_shop::GrantId;
use sha2::{Digest, Sha256};

/// The id of a grant.
pub fn grant_id(key: &GrantKey) -> GrantId {
    GrantId::new(derived("grt", &[key.attribution.as_str(), key.side.as_str(), key.trigger.as_str()]))
}

/// The id of a grant's discount.
pub fn discount_id(grant: &GrantId) -> String {
    derived("disc", &[grant.as_str()])
}

/// The id of the `n`-th attribution of these two, from 0.
pub fn attribution_id(referrer: &CustomerId, referee: &CustomerId, n: u32) -> AttributionId {
    AttributionId::new(derived("att", &[referrer.as_str(), referee.as_str(), &n.to_string()]))
}

fn derived(prefix: &str, parts: &[&str]) -> String {
    let text = BASE32_NOPAD.encode(&Sha256::digest(parts.join("|"))).to_ascii_lowercase();
    format!("{prefix}_{}", &text[..26])
}
