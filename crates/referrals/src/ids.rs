//! Ids and codes: random ones, and ids derived from the things they belong to.

use data_encoding::BASE32_NOPAD;
use flux_platform::Entropy;
use flux_protocol::{InvalidId, OrderId};
use flux_referral_rules::{AttributionId, CustomerId, GrantKey, LinkId};
use flux_shop::{ANONYMOUS_CHARS, ANONYMOUS_CODE, GrantId, SessionId};
use flux_storage::Tx;
use jiff::Timestamp;
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

/// The id of a session's order: the session's own, or one derived from a session id that is too long for an order's.
pub(crate) fn order_of_session(session: &SessionId) -> Result<OrderId, InvalidId> {
    session.as_str().parse().or_else(|_| derived("ses", &[session.as_str()]).parse())
}

/// The id of a click on this link at this time: `clk_`, 12 digits for the milliseconds, and 14 characters that belong to
/// both. It proves nothing, because whoever has the link can click again at any time.
pub(crate) fn click_id(link: &LinkId, at: Timestamp) -> String {
    let at = format!("{:012x}", at.as_millisecond().max(0));
    format!("clk_{at}{}", &derived("", &[link.as_str(), &at])[1..15])
}

/// The time of a click on this link, read from its id; `None` for the id of another link's, and for any other text.
pub(crate) fn time_of_click(link: &LinkId, id: &str) -> Option<Timestamp> {
    let digits = id.strip_prefix("clk_")?.get(..12)?;
    let at = Timestamp::from_millisecond(i64::from_str_radix(digits, 16).ok()?).ok()?;
    (click_id(link, at) == id).then_some(at)
}

fn derived(prefix: &str, parts: &[&str]) -> String {
    let text = BASE32_NOPAD.encode(&Sha256::digest(parts.join("|"))).to_ascii_lowercase();
    format!("{prefix}_{}", &text[..26])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn click_id_has_the_time_and_belongs_to_its_link() {
        let (link, other) = (LinkId::new("lnk_a"), LinkId::new("lnk_b"));
        for at in ["1970-01-01T00:00:00Z", "2027-01-15T08:00:00.123Z", "9999-12-30T21:59:59.999Z"] {
            let at: Timestamp = at.parse().unwrap();
            let id = click_id(&link, at);
            assert_eq!((id.len(), time_of_click(&link, &id)), (30, Some(at)), "{id}");
            assert_eq!(time_of_click(&other, &id), None);
        }
        let good = click_id(&link, "2027-01-15T08:00:00Z".parse().unwrap());
        let early = click_id(&link, "1969-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(time_of_click(&link, &early), Some(Timestamp::UNIX_EPOCH));
        for wrong in [
            "",
            "clk_",
            "clk_+00000000001",
            "clk_äöüäöüäöüäöü",
            "clk_zzzzzzzzzzzzzzzz",
            &good[..29],
            &good.to_uppercase(),
        ] {
            assert_eq!(time_of_click(&link, wrong), None, "{wrong}");
        }
        assert_eq!(time_of_click(&link, &format!("{good}x")), None);
    }
}
