//! Rules with their warnings, and the rules that have commands for a server.

use super::rule_warnings;
use crate::Error;
use crate::dto::RuleView;
use crate::storage::orders as orders_repo;
use crate::storage::rules::{self as rules_repo, RuleRows};
use flux_protocol::ServerId;
use flux_referral_rules::{RewardCommand, Rule, RuleId, Scope, Side, Slot, Targets, Tier, Trigger};
use flux_shop::{TierList, unlisted_tier};
use flux_storage::{Tx, servers, tiers};

/// The rules that have commands for a server, by name.
#[derive(Debug, Default)]
pub struct RulesOfServer {
    /// Rules with a command that names it.
    pub named: Vec<String>,
    /// Rules with a command for all servers.
    pub all: Vec<String>,
}

/// The rules that have commands for this server.
pub fn rules_of_server(tx: &Tx<'_>, server: &ServerId) -> Result<RulesOfServer, Error> {
    let mut found = RulesOfServer::default();
    for rule in rules_repo::load(tx)?.rules.iter() {
        let mut targets = commands(rule).map(|(_, _, command)| &command.targets);
        let is_named = |targets: &Targets| matches!(targets, Targets::These(list) if list.as_slice().contains(server));
        if targets.clone().any(is_named) {
            found.named.push(rule.name.as_str().to_owned());
        }
        if targets.any(|targets| *targets == Targets::All) {
            found.all.push(rule.name.as_str().to_owned());
        }
    }
    Ok(found)
}

/// The known servers, tiers and completed orders, with which warnings about rules compare.
pub(super) struct KnownPlaces {
    /// The servers that are given commands.
    receiving: Vec<ServerId>,
    tiers: TierList,
    /// True if an order was reported as completed.
    is_completion_reported: bool,
}

impl KnownPlaces {
    pub(super) fn load(tx: &Tx<'_>) -> Result<KnownPlaces, Error> {
        let is_completion_reported = orders_repo::has_completed(tx)?;
        Ok(KnownPlaces { receiving: servers::receiving(tx)?, tiers: tiers::all(tx)?, is_completion_reported })
    }
}

/// All rules, each with its warnings.
pub fn rules(tx: &Tx<'_>) -> Result<Vec<RuleView>, Error> {
    let (all, known) = (rules_repo::load(tx)?, KnownPlaces::load(tx)?);
    Ok(all.rules.iter().map(|rule| answer(&all, rule, &known)).collect())
}

/// The tiers that have no rule yet: those of the store's list in its order, then other tiers of customers (R4-06, R4-34).
pub fn available_tiers(tx: &Tx<'_>) -> Result<Vec<Tier>, Error> {
    let (all, list, used) = (rules_repo::load(tx)?, tiers::all(tx)?, rules_repo::customers_tiers(tx)?);
    let listed: Vec<Tier> = list.iter().filter_map(|tier| Tier::parse(tier.id.as_str()).ok()).collect();
    Ok(all.rules.available_tiers(listed.iter().chain(&used)))
}

/// A rule with its warnings.
pub fn rule(tx: &Tx<'_>, id: &RuleId) -> Result<RuleView, Error> {
    let (all, known) = (rules_repo::load(tx)?, KnownPlaces::load(tx)?);
    let rule = all.rules.iter().find(|rule| rule.id == *id);
    rule.map(|rule| answer(&all, rule, &known)).ok_or(Error::NotFound("rule"))
}

/// A rule as the API answers it, with its warnings.
pub(super) fn answer(all: &RuleRows, rule: &Rule, known: &KnownPlaces) -> RuleView {
    RuleView { warnings: warnings(rule, known), ..all.view(rule) }
}

/// Warns about a tier that is not in the list (R4-34), about commands for removed servers, about commands that are not safe
/// to run twice (R0-13), and about what only looks like a placeholder; then about the rule's settings.
pub(super) fn warnings(rule: &Rule, known: &KnownPlaces) -> Vec<String> {
    let of_tier = match &rule.scope {
        Scope::Tier(tier) if !known.tiers.has(tier.as_str()) => Some(unlisted_tier(tier.as_str())),
        Scope::Tier(_) | Scope::All => None,
    };
    let of_command = |(side, trigger, command): (Side, Trigger, &RewardCommand)| {
        let mut warnings = command.template.warnings();
        if let Some(word) = command.template.toggle_word() {
            warnings.push(format!(
                "`{word}` turns something on and off: run a second time after a failed try, it undoes itself"
            ));
        }
        let named = match &command.targets {
            Targets::All => &[],
            Targets::These(list) => list.as_slice(),
        };
        let removed = named.iter().filter(|server| !known.receiving.contains(server));
        warnings.extend(removed.map(|server| format!("the server {server} was removed: no command is made there")));
        warnings.into_iter().map(move |warning| format!("{side}.{trigger}: {warning}"))
    };
    let of_settings = rule_warnings::of_settings(rule, known.is_completion_reported);
    of_tier.into_iter().chain(commands(rule).flat_map(of_command)).chain(of_settings).collect()
}

fn commands(rule: &Rule) -> impl Iterator<Item = (Side, Trigger, &RewardCommand)> + Clone {
    let slots = Side::ALL.iter().flat_map(|side| Trigger::ALL.iter().map(move |trigger| (*side, *trigger)));
    slots.flat_map(|(side, trigger)| {
        let commands = rule.slots.get(side, trigger).map(Slot::commands).unwrap_or_default();
        commands.iter().map(move |command| (side, trigger, command))
    })
}
