//! The seat of each server's agent: who may take it, and the check that a session still has it.

use super::ServiceError;
use flux_protocol::{JournalId, ServerId};
use flux_storage::Tx;
use flux_storage::seats::{self, Seat, SeatHolder};

/// Knows which sessions that have a seat are still open.
pub trait Holders {
    /// False once the connection has closed, or its process has ended.
    fn is_open(&self, holder: &SeatHolder) -> bool;
}

/// A server's seat, if the session that has it is open. A session that has ended keeps nobody away.
pub fn open_seat(tx: &Tx<'_>, server: &ServerId, holders: &dyn Holders) -> Result<Option<Seat>, ServiceError> {
    Ok(seats::find(tx, server)?.filter(|seat| holders.is_open(&seat.holder)))
}

/// The machine of another journal's session.
pub(super) fn other_host(seat: &Seat, journal: &JournalId) -> Option<String> {
    let hostname = || seat.hostname.clone().unwrap_or_else(|| "another machine".to_owned());
    (seat.journal_id != *journal).then(hostname)
}

/// Checks that a session still has its seat. A REST call belongs to no session.
///
/// # Errors
/// [`ServiceError::SeatLost`] once another session has it, or the server's token was replaced.
pub fn require(tx: &Tx<'_>, seat: Option<&Seat>) -> Result<(), ServiceError> {
    match seat {
        Some(seat) if !seats::is_held(tx, seat)? => Err(ServiceError::SeatLost),
        Some(_) | None => Ok(()),
    }
}
