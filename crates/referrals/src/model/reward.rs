use super::command::read_all;
use super::rule::{OnReturnBody, TimingBody};
use super::{BenefitBody, FieldError, RewardCommandBody};
use data_encoding::BASE32_NOPAD;
use flux_referral_rules::{AttributionId, CustomerId, GrantKey, RuleId, Terms};
use flux_shop::GrantId;
use serde::{Deserialize, Serialize};
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

/// A grant's terms as they are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TermsDoc {
    /// What is given beside commands.
    pub benefit: Option<BenefitBody>,
    commands: Vec<RewardCommandBody>,
    timing: TimingBody,
    on_return: OnReturnBody,
    rule: String,
    rule_version: u64,
    ladder_step: Option<u32>,
    count: u32,
}

impl From<&Terms> for TermsDoc {
    fn from(terms: &Terms) -> TermsDoc {
        TermsDoc {
            benefit: terms.benefit.as_ref().map(BenefitBody::from),
            commands: terms.commands.iter().map(RewardCommandBody::from).collect(),
            timing: terms.timing.into(),
            on_return: terms.on_return.into(),
            rule: terms.rule.as_str().to_owned(),
            rule_version: terms.rule_version,
            ladder_step: terms.ladder_step,
            count: terms.count,
        }
    }
}

impl TermsDoc {
    /// The terms.
    pub fn read(&self) -> Result<Terms, FieldError> {
        Ok(Terms {
            benefit: self.benefit.as_ref().map(|benefit| benefit.read(None)).transpose()?,
            commands: read_all(&self.commands, RewardCommandBody::read_saved)?,
            timing: self.timing.read()?,
            on_return: self.on_return.into(),
            rule: RuleId::new(self.rule.clone()),
            rule_version: self.rule_version,
            ladder_step: self.ladder_step,
            count: self.count,
        })
    }
}
