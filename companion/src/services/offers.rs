//! Offers to agents. Each offer, with its journal, is committed before it is sent (rule 2).

use super::{Audit, ServiceError, commands};
use flux_delivery::command::Offer;
use flux_protocol::{JournalId, Revocation, ServerId};
use flux_referrals::OrderHooks;
use flux_shop::{Actor, Command, SERVER_REMOVED};
use flux_storage::commands::OfferFilter;
use flux_storage::{Tx, commands as commands_repo};
use jiff::Timestamp;

/// Commands and revokes for an agent.
#[derive(Debug, Default)]
pub struct Offers {
    /// Commands to run, oldest first.
    pub commands: Vec<flux_protocol::Command>,
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
) -> Result<Offers, ServiceError> {
    let now = tx.now();
    let found = commands_repo::to_offer(tx, server, journal, filter)?;
    let mut offers = Offers { is_full: found.len() == filter.limit, ..Offers::default() };
    let mut offered = Vec::with_capacity(found.len());
    for command in found {
        let Some(command) = unless_expired(tx, hooks, command)? else { continue };
        match command.state.offer_to(journal, now) {
            Some(Offer::Deliver { redelivered }) => offers.commands.push(command.to_wire(redelivered)),
            Some(Offer::Revoke { redelivered }) => offers.revoked.push(command.to_revocation(redelivered)),
            None => continue,
        }
        offered.push(mark_offered(command, journal, (transport == Transport::Session).then_some(now)));
    }
    commands_repo::update_offers(tx, &offered)?;
    Ok(offers)
}

/// Revokes everything for the agent of a removed server: its open commands, whose cancel was requested, and those
/// that were closed without its word.
///
/// # Errors
/// [`ServiceError::ServerRemoved`] once there is none: the agent has nothing to learn any more.
pub fn of_removed(
    tx: &Tx<'_>,
    hooks: &dyn OrderHooks,
    server: &ServerId,
    journal: &JournalId,
    filter: &OfferFilter,
) -> Result<Offers, ServiceError> {
    let mut offers = offer(tx, hooks, server, journal, filter, Transport::Response)?;
    offers.commands.clear();
    let given_up = commands_repo::given_up(tx, server, SERVER_REMOVED, filter.limit - offers.revoked.len())?;
    offers.revoked.extend(given_up.iter().map(|command| command.to_revocation(command.state.redelivered_to(journal))));
    if offers.is_empty() { Err(ServiceError::ServerRemoved) } else { Ok(offers) }
}

/// Expires a command right before its first offer: the store expires only commands that no agent was offered (rule 7).
fn unless_expired(tx: &Tx<'_>, hooks: &dyn OrderHooks, command: Command) -> Result<Option<Command>, ServiceError> {
    let now = tx.now();
    let is_over = command.new.expires_at.is_some_and(|at| at <= now);
    if !is_over || command.state.clone().expire() == command.state {
        return Ok(Some(command));
    }
    commands::expire(tx, &Audit { actor: Actor::companion() }, hooks, command)?;
    Ok(None)
}

/// The command as it is after this journal was offered it, or its revoke.
pub(super) fn mark_offered(mut command: Command, journal: &JournalId, at: Option<Timestamp>) -> Command {
    command.state = command.state.mark_offered_to(journal);
    command.offered_at = at.or(command.offered_at);
    command
}
