//! Lists of commands: for people, and for what is due.

use super::read::command;
use crate::limits;
use crate::row::{get, stored, time};
use crate::{DbError, Tx};
use flux_protocol::{JournalId, OrderId, ServerId};
use flux_shop::{CommandRow, QueueCounts};
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params, params_from_iter};

/// Which commands people want to see. All that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The status's word.
    pub status: Option<String>,
    /// The server.
    pub server: Option<ServerId>,
    /// The player's name, whatever its case.
    pub player: Option<String>,
    /// The order.
    pub order: Option<OrderId>,
}

/// Commands with their places, newest first, before this place.
pub fn page(tx: &Tx<'_>, before: i64, filter: &Filter, limit: u32) -> Result<Vec<(i64, CommandRow)>, DbError> {
    let mut sql = "SELECT * FROM commands WHERE seq < ?".to_owned();
    let mut values = vec![Value::Integer(before)];
    let conditions = [
        (" AND status = ?", filter.status.clone()),
        (" AND server_id = ?", filter.server.clone().map(String::from)),
        (" AND player_name = ? COLLATE NOCASE", filter.player.clone()),
        (" AND order_id = ?", filter.order.clone().map(String::from)),
    ];
    for (condition, value) in conditions {
        if let Some(value) = value {
            sql.push_str(condition);
            values.push(Value::Text(value));
        }
    }
    sql.push_str(" ORDER BY seq DESC LIMIT ?");
    values.push(Value::Integer(limit.into()));
    let read = |row: &Row<'_>| Ok::<_, DbError>((get(row, "seq")?, command(row)?));
    tx.prepare_cached(&sql)?.query_and_then(params_from_iter(values), read)?.collect()
}

/// How many commands are open or have failed, by their status, over all servers.
pub fn counts(tx: &Tx<'_>) -> Result<Vec<(String, i64)>, DbError> {
    let sql = "SELECT status, count(*) FROM commands INDEXED BY commands_by_status
               WHERE status IN ('pending', 'delivered', 'awaiting_player', 'failed') GROUP BY status";
    tx.prepare_cached(sql)?.query_and_then([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// How many of a server's commands are where.
pub fn queue_counts(tx: &Tx<'_>, server: &ServerId) -> Result<QueueCounts, DbError> {
    let sql = "SELECT status, count(*) AS n FROM commands
               WHERE server_id = ? AND status IN ('pending', 'delivered', 'awaiting_player', 'failed') GROUP BY status";
    let mut statement = tx.prepare_cached(sql)?;
    let mut rows = statement.query([server.as_str()])?;
    let mut counts = QueueCounts::default();
    while let Some(row) = rows.next()? {
        let count: i64 = get(row, "n")?;
        *match get::<String>(row, "status")?.as_str() {
            "pending" => &mut counts.pending,
            "delivered" => &mut counts.delivered,
            "awaiting_player" => &mut counts.awaiting_player,
            _ => &mut counts.failed,
        } = count.unsigned_abs();
    }
    Ok(counts)
}

/// What a journal is to be offered.
#[derive(Debug, Clone)]
pub struct Scope {
    /// What was offered after this is left out; `None` leaves nothing out.
    pub quiet_since: Option<Timestamp>,
    /// Only what is for this player, whatever the case of the name.
    pub player: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// The ways in which a command comes to be offered, each with the index over such rows alone: thousands that merely wait
/// for their players must cost nothing. SQLite, left to choose, would walk all that the server ever had. A retry that is
/// further away than the longest wait (`LONGEST_RETRY_DELAY`, in ms) was made while the clock was wrong.
const TO_OFFER: [(&str, &str); 5] = [
    (
        "commands_by_server_status",
        "status = 'pending' AND NOT cancel_wanted AND (next_attempt_at IS NULL OR next_attempt_at <= ?3 OR next_attempt_at > ?3 + 120000)",
    ),
    ("commands_to_revoke", "cancel_wanted AND status IN ('pending', 'delivered', 'awaiting_player')"),
    ("commands_by_report", "status IN ('delivered', 'awaiting_player') AND NOT cancel_wanted AND reported_by IS NULL"),
    ("commands_by_report", "status IN ('delivered', 'awaiting_player') AND NOT cancel_wanted AND reported_by < ?2"),
    ("commands_by_report", "status IN ('delivered', 'awaiting_player') AND NOT cancel_wanted AND reported_by > ?2"),
];

/// A server's open commands that this journal may have to be offered, oldest first: the candidates for
/// `CommandState::offer_to`, which has the last word.
pub fn to_offer(
    tx: &Tx<'_>,
    server: &ServerId,
    journal: &JournalId,
    scope: &Scope,
    now: Timestamp,
) -> Result<Vec<CommandRow>, DbError> {
    let quiet_since = scope.quiet_since.map(stored);
    let values = params![server.as_str(), journal.as_str(), stored(now), quiet_since, scope.player, scope.limit as i64];
    let mut found: Vec<CommandRow> = Vec::new();
    for (index, way) in TO_OFFER {
        let sql = format!(
            "SELECT * FROM commands INDEXED BY {index} WHERE server_id = ?1 AND {way}
             AND (?4 IS NULL OR offered_at IS NULL OR offered_at <= ?4)
             AND (?5 IS NULL OR player_name = ?5 COLLATE NOCASE) ORDER BY sequence LIMIT ?6"
        );
        for row in tx.prepare_cached(&sql)?.query_and_then(values, command)? {
            found.push(row?);
        }
    }
    found.sort_by_key(|command| command.sequence);
    found.truncate(scope.limit);
    Ok(found)
}

/// When this server's next retry is due.
pub fn next_retry(tx: &Tx<'_>, server: &ServerId, now: Timestamp) -> Result<Option<Timestamp>, DbError> {
    let sql = "SELECT next_attempt_at FROM commands WHERE server_id = ? AND next_attempt_at > ?
               ORDER BY next_attempt_at LIMIT 1";
    let mut statement = tx.prepare_cached(sql)?;
    let at = statement.query_row(params![server.as_str(), stored(now)], |row| Ok(time(row, "next_attempt_at")));
    at.optional()?.transpose()
}

/// All of a server's open commands.
pub fn open_of_server(tx: &Tx<'_>, server: &ServerId) -> Result<Vec<CommandRow>, DbError> {
    let sql = "SELECT * FROM commands WHERE server_id = ? AND status IN ('pending', 'delivered', 'awaiting_player')
               ORDER BY sequence";
    tx.prepare_cached(sql)?.query_and_then([server.as_str()], command)?.collect()
}

/// All open commands.
pub fn all_open(tx: &Tx<'_>) -> Result<Vec<CommandRow>, DbError> {
    let sql = "SELECT * FROM commands WHERE status IN ('pending', 'delivered', 'awaiting_player')";
    tx.prepare_cached(sql)?.query_and_then([], command)?.collect()
}

/// How many of a server's commands are still open.
pub fn awaiting_word(tx: &Tx<'_>, server: &ServerId) -> Result<u64, DbError> {
    let sql =
        "SELECT count(*) FROM commands WHERE server_id = ? AND status IN ('pending', 'delivered', 'awaiting_player')";
    let count: i64 = tx.prepare_cached(sql)?.query_row([server.as_str()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Commands whose time ran out before they were offered to anybody.
pub fn expired(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<CommandRow>, DbError> {
    let sql = "SELECT * FROM commands INDEXED BY commands_to_expire WHERE expires_at IS NOT NULL AND status = 'pending' AND offered = 'never'
               AND expires_at <= ? ORDER BY expires_at LIMIT ?";
    tx.prepare_cached(sql)?.query_and_then(params![stored(now), limits::EXPIRY_ROWS], command)?.collect()
}
