//! Seats: which session of which process is a server's agent.

use crate::{Error, NodeId, Row, Tx, params};
use flux_protocol::{JournalId, ServerId};

/// Leaves a server's seat empty; its epoch stays.
const VACATE: &str =
    "UPDATE seats SET node_id = NULL, connection_id = NULL, journal_id = NULL, hostname = NULL, since = NULL
               WHERE server_id = $1";

/// A connection of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatHolder {
    /// The process that serves it.
    pub node: NodeId,
    /// Its id.
    pub connection: String,
}

/// A seat that a session has taken.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The server.
    pub server_id: ServerId,
    /// Higher each time that a session takes the server's seat.
    pub epoch: i64,
    /// The session's connection.
    pub holder: SeatHolder,
    /// The agent's journal.
    pub journal_id: JournalId,
    /// The agent's machine.
    pub hostname: Option<String>,
}

/// A server's seat; `None` while nobody has it.
///
/// # Errors
///
/// The database's.
pub fn find(tx: &Tx<'_>, server: &ServerId) -> Result<Option<Seat>, Error> {
    tx.one("SELECT * FROM seats WHERE server_id = $1 AND connection_id IS NOT NULL", params![server], seat)
}

/// Gives a server's seat to this connection, whoever has it.
///
/// # Errors
///
/// The database's.
pub fn take(
    tx: &Tx<'_>,
    server: &ServerId,
    holder: &SeatHolder,
    journal: &JournalId,
    hostname: Option<&str>,
) -> Result<Seat, Error> {
    let sql = "INSERT INTO seats (server_id, epoch, node_id, connection_id, journal_id, hostname, since)
               VALUES ($1, 1, $2, $3, $4, $5, $6)
               ON CONFLICT (server_id) DO UPDATE SET epoch = seats.epoch + 1, node_id = $2, connection_id = $3,
                 journal_id = $4, hostname = $5, since = $6
               RETURNING *";
    tx.only(sql, params![server, holder.node, holder.connection, journal, hostname, tx.now()], seat)
}

/// True if the session still has the seat.
///
/// # Errors
///
/// The database's.
pub fn is_held(tx: &Tx<'_>, seat: &Seat) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM seats WHERE server_id = $1 AND epoch = $2 AND node_id = $3 AND connection_id = $4";
    tx.exists(sql, params![seat.server_id, seat.epoch, seat.holder.node, seat.holder.connection])
}

/// Gives up a server's seat; false if this connection does not have it.
///
/// # Errors
///
/// The database's.
pub fn give_up(tx: &Tx<'_>, server: &ServerId, holder: &SeatHolder) -> Result<bool, Error> {
    let sql = format!("{VACATE} AND node_id = $2 AND connection_id = $3");
    Ok(tx.execute(&sql, params![server, holder.node, holder.connection])? == 1)
}

/// Takes a server's seat from whoever has it.
///
/// # Errors
///
/// The database's.
pub fn clear(tx: &Tx<'_>, server: &ServerId) -> Result<(), Error> {
    tx.execute(&format!("{VACATE} AND connection_id IS NOT NULL"), params![server])?;
    Ok(())
}

fn seat(row: &Row<'_>) -> Result<Seat, Error> {
    Ok(Seat {
        server_id: row.get("server_id")?,
        epoch: row.get("epoch")?,
        holder: SeatHolder { node: row.get("node_id")?, connection: row.get("connection_id")? },
        journal_id: row.get("journal_id")?,
        hostname: row.get("hostname")?,
    })
}
