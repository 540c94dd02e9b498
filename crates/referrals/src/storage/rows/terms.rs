//! A grant's terms as they are stored, fixed when the reward was earned.

use super::benefit::BenefitRow;
use super::command::RewardCommandRow;
use super::rule::{OnReturnRow, TimingRow};
use flux_referral_rules::{RuleId, Terms};
use flux_storage::Error;
use serde::{Deserialize, Serialize};

/// A grant's terms.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::storage) struct TermsRow {
    #[serde(default)]
    benefit: Option<BenefitRow>,
    #[serde(default)]
    commands: Vec<RewardCommandRow>,
    #[serde(default)]
    timing: TimingRow,
    on_return: OnReturnRow,
    rule: String,
    rule_version: u64,
    #[serde(default)]
    ladder_step: Option<u32>,
    count: u32,
}

impl From<&Terms> for TermsRow {
    fn from(terms: &Terms) -> TermsRow {
        TermsRow {
            benefit: terms.benefit.as_ref().map(BenefitRow::from),
            commands: terms.commands.iter().map(RewardCommandRow::from).collect(),
            timing: terms.timing.into(),
            on_return: terms.on_return.into(),
            rule: terms.rule.as_str().to_owned(),
            rule_version: terms.rule_version,
            ladder_step: terms.ladder_step,
            count: terms.count,
        }
    }
}

impl TermsRow {
    /// The terms.
    pub(in crate::storage) fn read(self) -> Result<Terms, Error> {
        Ok(Terms {
            benefit: self.benefit.as_ref().map(BenefitRow::read).transpose()?,
            commands: self.commands.iter().map(RewardCommandRow::read).collect::<Result<_, _>>()?,
            timing: self.timing.read()?,
            on_return: self.on_return.into(),
            rule: RuleId::new(self.rule),
            rule_version: self.rule_version,
            ladder_step: self.ladder_step,
            count: self.count,
        })
    }
}
