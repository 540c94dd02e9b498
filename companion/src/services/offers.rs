//! Offers to agents. Each offer, with its journal, is committed before it is sent (rule 2).

use super::{Audit, ServiceError, commands};
use flux_delivery::command::Offer;
use flux_protocol::{Command, JournalId, Revocation, ServerId};
use flux_referrals::OrderHooks;
use flux_shop::{Actor, CommandRow};
use flux_storage::commands::OfferFilter;
use flux_storage::{Tx, commands as commands_repo};
use jiff::Timestamp;

/// Commands and revokes for an agent.
#[derive(Debug, Default)]
pub struct Offers {
    /// Commands to run, oldest first.
    pub commands: Vec<Command>,
    /// Commands not to run.
    pub revoked: Vec<Revocation>,
    /// The filter's limit was reached: there may be more offers.
    pub is_full: bool,
}

impl Offers {
    /// True if there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.revoked.is_empty()
    }
}

/// The transport of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A session, whose messages keep their order: the next wakeup does not repeat the offer.
    Session,
    /// An HTTP response: it may arrive late or never, so a session offers the same again.
    Response,
}

/// Commits the offers of this filter to this journal.
pub fn offer(
    tx: &Tx<'_>,
    hooks: &dyn OrderHooks,
    server: &ServerId,
    journal: &JournalId,
    filter: &OfferFilter,
    transport: Transport,
    now: Timestamp,
) -> Result<Offers, ServiceError> {
    let found = commands_repo::to_offer(tx, server, journal, filter, now)?;
    let mut offers = Offers { is_full: found.len() == filter.limit, ..Offers::default() };
    for command in found {
        let Some(command) = unless_expired(tx, hooks, command, now)? else { continue };
        match command.state.offer_to(journal, now) {
            Some(Offer::Deliver { redelivered }) => offers.commands.push(command.to_wire(redelivered)),
            Some(Offer::Revoke { redelivered }) => offers.revoked.push(command.to_revocation(redelivered)),
            None => continue,
        }
        mark_offered(tx, command, journal, (transport == Transport::Session).then_some(now))?;
    }
    Ok(offers)
}

/// Expires a command right before its first offer: the store expires only commands that no agent was offered (rule 7).
fn unless_expired(
    tx: &Tx<'_>,
    hooks: &dyn OrderHooks,
    command: CommandRow,
    now: Timestamp,
) -> Result<Option<CommandRow>, ServiceError> {
    let is_over = command.new.expires_at.is_some_and(|at| at <= now);
    if !is_over || command.state.clone().expire() == command.state {
        return Ok(Some(command));
    }
    commands::expire(tx, &Audit { actor: Actor::companion(), now }, hooks, command)?;
    Ok(None)
}

/// Commits the revoke that answers an open report of a command that is cancelled or to be cancelled (rule 8).
pub(super) fn offer_revoke(
    tx: &Tx<'_>,
    command: CommandRow,
    journal: &JournalId,
    now: Timestamp,
) -> Result<Revocation, flux_storage::Error> {
    let revocation = command.to_revocation(command.state.redelivered_to(journal));
    mark_offered(tx, command, journal, Some(now))?;
    Ok(revocation)
}

fn mark_offered(
    tx: &Tx<'_>,
    mut command: CommandRow,
    journal: &JournalId,
    at: Option<Timestamp>,
) -> Result<(), flux_storage::Error> {
    command.state = command.state.mark_offered_to(journal);
    command.offered_at = at.or(command.offered_at);
    commands_repo::update(tx, &command)
}
