//! Lists of commands: for people, for agents, and for sweeps.

use super::read::command;
use crate::{Error, Param, Row, Tx, limits, params};
use flux_protocol::{FailReason, JournalId, OrderId, ServerId};
use flux_shop::{Command, PackageId, QueueCounts};
use jiff::Timestamp;
use std::sync::LazyLock;

/// A filter for a list of commands. Each given condition must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The status as text.
    pub status: Option<String>,
    /// The server.
    pub server: Option<ServerId>,
    /// The player's name, in any case.
    pub player: Option<String>,
    /// The order.
    pub order: Option<OrderId>,
}

/// Commands with their numbers, newest first, before this number.
pub fn page(tx: &Tx<'_>, before: i64, filter: &Filter, limit: u32) -> Result<Vec<(i64, Command)>, Error> {
    let mut sql = "SELECT * FROM commands WHERE seq < $1".to_owned();
    let mut values: Vec<&dyn Param> = vec![&before];
    let conditions = [
        ("status = $", "", filter.status.as_ref().map(|status| status as &dyn Param)),
        ("server_id = $", "", filter.server.as_ref().map(|server| server as &dyn Param)),
        (
            "player_name IS NOT NULL AND lower(player_name) = lower($",
            ")",
            filter.player.as_ref().map(|player| player as &dyn Param),
        ),
        ("order_id = $", "", filter.order.as_ref().map(|order| order as &dyn Param)),
    ];
    for (condition, collation, value) in conditions {
        if let Some(value) = value {
            values.push(value);
            sql.push_str(&format!(" AND {condition}{}{collation}", values.len()));
        }
    }
    values.push(&limit);
    sql.push_str(&format!(" ORDER BY seq DESC LIMIT ${}", values.len()));
    tx.query(&sql, &values, |row| Ok((row.get("seq")?, command(row)?)))
}

/// A filter for failed commands. Each given condition must hold.
#[derive(Debug, Clone, Default)]
pub struct FailedFilter {
    /// The server.
    pub server: Option<ServerId>,
    /// The package of the order's command.
    pub package: Option<PackageId>,
    /// The player's name, in any case.
    pub player: Option<String>,
    /// The reason as text.
    pub reason: Option<String>,
    /// Created at this time or later.
    pub from: Option<Timestamp>,
    /// Created before this time.
    pub to: Option<Timestamp>,
    /// Commands that may have run as well.
    pub with_uncertain: bool,
}

/// The conditions of a [`FailedFilter`], for commands after the number `$1`.
const FAILED: &str = "FROM commands WHERE status = 'failed' AND seq > $1
    AND (CAST($2 AS TEXT) IS NULL OR server_id = $2) AND (CAST($3 AS TEXT) IS NULL OR package_id = $3)
    AND (CAST($4 AS TEXT) IS NULL OR lower(player_name) = lower($4))
    AND (CAST($5 AS TEXT) IS NULL OR status_reason = $5)
    AND (CAST($6 AS BIGINT) IS NULL OR created_at >= $6) AND (CAST($7 AS BIGINT) IS NULL OR created_at < $7)
    AND (CAST($8 AS TEXT) IS NULL OR status_reason <> $8)";

impl FailedFilter {
    /// The reason that the filter leaves out.
    fn left_out(&self) -> Option<&'static str> {
        (!self.with_uncertain).then_some(FailReason::Uncertain.as_str())
    }
}

/// The number of failed commands of a filter, after this number.
pub fn count_failed(tx: &Tx<'_>, after: i64, filter: &FailedFilter) -> Result<u64, Error> {
    let FailedFilter { server, package, player, reason, from, to, .. } = filter;
    let values = params![after, server, package, player, reason, from, to, filter.left_out()];
    tx.only(&format!("SELECT count(*) AS total {FAILED}"), values, |row| row.get("total"))
}

/// The failed commands of a filter, oldest first, after this number.
pub fn failed(tx: &Tx<'_>, after: i64, filter: &FailedFilter, limit: u32) -> Result<Vec<(i64, Command)>, Error> {
    let FailedFilter { server, package, player, reason, from, to, .. } = filter;
    let values = params![after, server, package, player, reason, from, to, filter.left_out(), limit];
    let sql = format!("SELECT * {FAILED} ORDER BY seq LIMIT $9");
    tx.query(&sql, values, |row| Ok((row.get("seq")?, command(row)?)))
}

/// The number of open and failed commands by status, over all servers.
pub fn counts(tx: &Tx<'_>) -> Result<Vec<(String, i64)>, Error> {
    let sql = "SELECT status, count(*) AS total FROM commands INDEXED BY commands_by_status
               WHERE status IN ('pending', 'delivered', 'awaiting_player', 'failed') GROUP BY status";
    tx.query(sql, params![], |row| Ok((row.get("status")?, row.get("total")?)))
}

/// The number of a server's open and failed commands by status.
pub fn queue_counts(tx: &Tx<'_>, server: &ServerId) -> Result<QueueCounts, Error> {
    let sql = "SELECT status, count(*) AS total FROM commands
               WHERE server_id = $1 AND status IN ('pending', 'delivered', 'awaiting_player', 'failed') GROUP BY status";
    let read = |row: &Row<'_>| Ok((row.get::<String>("status")?, row.get("total")?));
    let mut counts = QueueCounts::default();
    for (status, total) in tx.query(sql, params![server], read)? {
        *match status.as_str() {
            "pending" => &mut counts.pending,
            "delivered" => &mut counts.delivered,
            "awaiting_player" => &mut counts.awaiting_player,
            _ => &mut counts.failed,
        } = total;
    }
    Ok(counts)
}

/// A filter for the commands that a journal may be offered.
#[derive(Debug, Clone)]
pub struct OfferFilter {
    /// Leaves out commands that were offered after this time; `None` leaves none out.
    pub quiet_since: Option<Timestamp>,
    /// Only commands for this player, in any case.
    pub player: Option<String>,
    /// The largest number of commands.
    pub limit: usize,
}

/// The conditions under which a command is offered, each with the index over such rows only: thousands of commands that wait
/// for their players must cost nothing. A reward's command without a player waits until its customer has one. SQLite, left to choose, would read every command that the server ever had. A retry
/// that is further away than the longest wait (`LONGEST_RETRY_DELAY`, in ms) was made while the clock was wrong.
const TO_OFFER: [(&str, &str); 5] = [
    (
        "commands_by_server_status",
        "status = 'pending' AND NOT cancel_requested AND (player_name IS NOT NULL OR grant_id IS NULL)
         AND (next_attempt_at IS NULL OR next_attempt_at <= $3 OR next_attempt_at > $3 + 120000)",
    ),
    ("commands_to_revoke", "cancel_requested AND status IN ('pending', 'delivered', 'awaiting_player')"),
    (
        "commands_by_report",
        "status IN ('delivered', 'awaiting_player') AND NOT cancel_requested AND reported_by IS NULL",
    ),
    ("commands_by_report", "status IN ('delivered', 'awaiting_player') AND NOT cancel_requested AND reported_by < $2"),
    ("commands_by_report", "status IN ('delivered', 'awaiting_player') AND NOT cancel_requested AND reported_by > $2"),
];

/// One statement with a part for each condition: its oldest rows, from which the oldest of all are taken.
static OFFER_STATEMENT: LazyLock<String> = LazyLock::new(|| {
    let part = |(number, (index, condition)): (usize, &(&str, &str))| {
        format!(
            "SELECT * FROM (SELECT * FROM commands INDEXED BY {index} WHERE server_id = $1 AND {condition}
             AND (CAST($4 AS BIGINT) IS NULL OR offered_at IS NULL OR offered_at <= $4)
             AND (CAST($5 AS TEXT) IS NULL OR lower(player_name) = lower($5)) ORDER BY seq LIMIT $6) AS part_{number}"
        )
    };
    let parts: Vec<String> = TO_OFFER.iter().enumerate().map(part).collect();
    format!("{} ORDER BY seq LIMIT $6", parts.join(" UNION ALL "))
});

/// A server's open commands that this journal may have to be offered, oldest first. They are candidates:
/// `CommandState::offer_to` decides.
pub fn to_offer(
    tx: &Tx<'_>,
    server: &ServerId,
    journal: &JournalId,
    filter: &OfferFilter,
) -> Result<Vec<Command>, Error> {
    let values = params![server, journal, tx.now(), filter.quiet_since, filter.player, filter.limit as i64];
    tx.query(&OFFER_STATEMENT, values, command)
}

/// Commands of a removed server that were closed for this reason without their agent's word, and that no journal has
/// reported since, oldest first.
pub fn given_up(tx: &Tx<'_>, server: &ServerId, reason: &str, limit: usize) -> Result<Vec<Command>, Error> {
    let sql = "SELECT * FROM commands WHERE server_id = $1 AND status = 'cancelled' AND reason = $2
               AND offered <> 'never' AND reported_by IS NULL ORDER BY seq LIMIT $3";
    tx.query(sql, params![server, reason, limit as i64], command)
}

/// The time of this server's next retry.
pub fn next_retry(tx: &Tx<'_>, server: &ServerId, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let sql = "SELECT next_attempt_at FROM commands WHERE server_id = $1 AND next_attempt_at > $2
               ORDER BY next_attempt_at LIMIT 1";
    tx.one(sql, params![server, now], |row| row.get("next_attempt_at"))
}

/// A server's open commands.
pub fn open_of_server(tx: &Tx<'_>, server: &ServerId) -> Result<Vec<Command>, Error> {
    let sql = "SELECT * FROM commands WHERE server_id = $1 AND status IN ('pending', 'delivered', 'awaiting_player')
               ORDER BY seq";
    tx.query(sql, params![server], command)
}

/// All open commands.
pub fn all_open(tx: &Tx<'_>) -> Result<Vec<Command>, Error> {
    let sql = "SELECT * FROM commands WHERE status IN ('pending', 'delivered', 'awaiting_player')";
    tx.query(sql, params![], command)
}

/// The number of a server's open commands.
pub fn open_count(tx: &Tx<'_>, server: &ServerId) -> Result<u64, Error> {
    let sql = "SELECT count(*) AS total FROM commands
               WHERE server_id = $1 AND status IN ('pending', 'delivered', 'awaiting_player')";
    tx.only(sql, params![server], |row| row.get("total"))
}

/// Commands that expired before they were offered to anybody.
pub fn expired(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<Command>, Error> {
    let sql = "SELECT * FROM commands INDEXED BY commands_to_expire
               WHERE expires_at IS NOT NULL AND status = 'pending' AND offered = 'never' AND expires_at <= $1
               ORDER BY expires_at LIMIT $2";
    tx.query(sql, params![now, limits::EXPIRY_ROWS], command)
}
