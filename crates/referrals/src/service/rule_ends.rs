//! The consequences of deleting or disabling a rule: waiting rewards, bound referees and links.

use super::UnitOfWork;
use crate::dto::{ListedView, RuleEndsView};
use crate::storage::rule_ends::{self, Referrers};
use crate::{Error, limits};
use flux_referral_rules::{ProgramState, Rule, RuleStatus, Scope};

/// The consequences of the end of `rule`. The work's rules are those after it.
pub(super) fn ends(work: &UnitOfWork<'_>, rule: &Rule) -> Result<RuleEndsView, Error> {
    let tx = work.tx();
    let counted = limits::RULE_ENDS_COUNTED;
    let waiting_rewards = listed(rule_ends::waiting(tx, &rule.id, counted)?);
    let program = &work.program().program;
    let rules = &work.rules().rules;
    let (referrers, next) = match &rule.scope {
        Scope::Tier(tier) => (Referrers::Of(tier.clone()), rules.effective(Some(tier))),
        Scope::All => {
            let is_own = |other: &&Rule| other.status == RuleStatus::Active && other.id != rule.id;
            let tiers = rules.iter().filter(is_own).filter_map(|other| match &other.scope {
                Scope::Tier(tier) => Some(tier.clone()),
                Scope::All => None,
            });
            (Referrers::NotOf(tiers.collect()), rules.effective(None))
        }
    };
    let is_on = rule.status == RuleStatus::Active && program.state != ProgramState::Disabled;
    let bound =
        if is_on { rule_ends::bound(tx, &referrers, program.eligibility, tx.now(), counted)? } else { Vec::new() };
    let ends_links = is_on && next.is_none();
    let links = if ends_links { rule_ends::links(tx, &referrers, program.eligibility, counted)? } else { Vec::new() };
    Ok(RuleEndsView {
        waiting_rewards,
        bound_referees: listed(bound),
        ending_links: listed(links),
        next_rule: next.map(|rule| rule.name.as_str().to_owned()),
    })
}

fn listed(all: Vec<String>) -> ListedView {
    let total = all.len();
    ListedView { total, first: all.into_iter().take(limits::RULE_ENDS_LISTED).collect() }
}
