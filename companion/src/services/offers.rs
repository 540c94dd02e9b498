//! What an agent is offered. That it was offered, and to which journal, is committed before it leaves (rule 2).

use super::{Audit, commands};
use flux_delivery::command::Offer;
use flux_protocol::{Command, JournalId, Revocation, ServerId};
use flux_shop::{Actor, CommandRow};
use flux_storage::commands::Scope;
use flux_storage::{DbError, Tx, commands as rows};
use jiff::Timestamp;

/// What leaves for an agent.
#[derive(Debug, Default)]
pub struct Offers {
    /// To be run, oldest first.
    pub commands: Vec<Command>,
    /// Not to be run.
    pub revoked: Vec<Revocation>,
    /// The scope's limit was reached: there may be more.
    pub is_full: bool,
}

impl Offers {
    /// Whether nothing leaves.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.revoked.is_empty()
    }
}

/// Which way an offer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A session: what it brings is not brought again with the next news. Messages of a session keep their order.
    Session,
    /// An answer of its own: it may come late or never, and a session must not count on it.
    Answer,
}

/// Offers this journal what the scope allows.
pub fn offer(
    tx: &Tx<'_>,
    server: &ServerId,
    journal: &JournalId,
    scope: &Scope,
    way: Way,
    now: Timestamp,
) -> Result<Offers, DbError> {
    let found = rows::to_offer(tx, server, journal, scope, now)?;
    let mut offers = Offers { is_full: found.len() == scope.limit, ..Offers::default() };
    for command in found {
        let Some(command) = unless_expired(tx, command, now)? else { continue };
        match command.state.offer_to(journal, now) {
            Some(Offer::Deliver { redelivered }) => offers.commands.push(command.to_wire(redelivered)),
            Some(Offer::Revoke { redelivered }) => offers.revoked.push(command.to_revocation(redelivered)),
            None => continue,
        }
        mark(tx, command, journal, (way == Way::Session).then_some(now))?;
    }
    Ok(offers)
}

/// The store expires only what was never offered (rule 7); a moment before its first offer is the last chance.
fn unless_expired(tx: &Tx<'_>, command: CommandRow, now: Timestamp) -> Result<Option<CommandRow>, DbError> {
    let is_over = command.new.expires_at.is_some_and(|at| at <= now);
    if !is_over || command.state.clone().expire() == command.state {
        return Ok(Some(command));
    }
    commands::expire(tx, &Audit { actor: Actor::companion(), now }, command)?;
    Ok(None)
}

/// The revoke that answers an open report of what is or shall be cancelled (rule 8).
pub(super) fn revoke(
    tx: &Tx<'_>,
    command: CommandRow,
    journal: &JournalId,
    now: Timestamp,
) -> Result<Revocation, DbError> {
    let revocation = command.to_revocation(command.state.redelivered_to(journal));
    mark(tx, command, journal, Some(now))?;
    Ok(revocation)
}

fn mark(tx: &Tx<'_>, mut command: CommandRow, journal: &JournalId, at: Option<Timestamp>) -> Result<(), DbError> {
    command.state = command.state.mark_offered_to(journal);
    command.offered_at = at.or(command.offered_at);
    rows::update(tx, &command)
}
