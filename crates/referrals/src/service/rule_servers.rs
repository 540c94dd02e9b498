//! The servers of reward commands: the rules that a server runs, and warnings about rules.

use crate::Error;
use crate::dto::RuleView;
use crate::storage::rules::{self as rules_repo, RuleRows};
use flux_protocol::ServerId;
use flux_referral_rules::{RewardCommand, Rule, RuleId, Side, Slot, Targets, Trigger};
use flux_storage::{Tx, servers};

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

/// All rules, each with its warnings.
pub fn rules(tx: &Tx<'_>) -> Result<Vec<RuleView>, Error> {
    let (all, receiving) = (rules_repo::load(tx)?, servers::receiving(tx)?);
    Ok(all.rules.iter().map(|rule| answer(&all, rule, &receiving)).collect())
}

/// A rule with its warnings.
pub fn rule(tx: &Tx<'_>, id: &RuleId) -> Result<RuleView, Error> {
    let (all, receiving) = (rules_repo::load(tx)?, servers::receiving(tx)?);
    let rule = all.rules.iter().find(|rule| rule.id == *id);
    rule.map(|rule| answer(&all, rule, &receiving)).ok_or(Error::NotFound("rule"))
}

/// A rule as the API answers it, with its warnings. `receiving` are the servers that are given commands.
pub(super) fn answer(all: &RuleRows, rule: &Rule, receiving: &[ServerId]) -> RuleView {
    RuleView { warnings: warnings(rule, receiving), ..all.view(rule) }
}

/// Warns about commands for removed servers, about commands that are not safe to run twice (R0-13), and about what only
/// looks like a placeholder.
pub(super) fn warnings(rule: &Rule, receiving: &[ServerId]) -> Vec<String> {
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
        let removed = named.iter().filter(|server| !receiving.contains(server));
        warnings.extend(removed.map(|server| format!("the server {server} was removed: no command is made there")));
        warnings.into_iter().map(move |warning| format!("{side}.{trigger}: {warning}"))
    };
    commands(rule).flat_map(of_command).collect()
}

fn commands(rule: &Rule) -> impl Iterator<Item = (Side, Trigger, &RewardCommand)> + Clone {
    let slots = Side::ALL.iter().flat_map(|side| Trigger::ALL.iter().map(move |trigger| (*side, *trigger)));
    slots.flat_map(|(side, trigger)| {
        let commands = rule.slots.get(side, trigger).map(Slot::commands).unwrap_or_default();
        commands.iter().map(move |command| (side, trigger, command))
    })
}
