//! Queries that choose the next job of the game loop, and the times at which jobs wake.

use super::row::{COLUMNS, time};
use super::{JobRow, Journal, JournalError};
use flux_delivery::OnlinePlayer;
use flux_delivery::game_clock::ClockPair;
use flux_protocol::CommandId;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, TransactionBehavior, params};

/// A command that the game completed while its clock was known.
#[derive(Debug, Clone)]
pub struct RecentDelivery {
    /// The command.
    pub id: CommandId,
    /// The order that it belongs to.
    pub order_id: Option<String>,
    /// Name of its player.
    pub player_name: Option<String>,
    /// Time of the completion.
    pub at: Timestamp,
    /// The game's clock near the send.
    pub clock: ClockPair,
}

impl Journal {
    /// The ready job with the lowest sequence. Jobs on startup hold are left out, and so are jobs that would overtake one of the same player.
    pub fn next_ready(&self) -> Result<Option<JobRow>, JournalError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM job WHERE ready = 1 AND startup_hold = 0
             AND NOT EXISTS (SELECT 1 FROM job AS older INDEXED BY job_startup_hold_by_player
                             WHERE older.startup_hold = 1 AND older.player_key IS job.player_key AND older.sequence < job.sequence)
             ORDER BY sequence LIMIT 1"
        ))?;
        statement.query_row([], |row| Ok(JobRow::read(row))).optional()?.transpose()
    }

    /// Makes jobs ready whose time has come. Returns their number.
    pub fn wake_due(&mut self, now: Timestamp) -> Result<usize, JournalError> {
        if self.next_wake()?.is_none_or(|at| at > now) {
            return Ok(0);
        }
        let sql = "UPDATE job SET ready = 1, wake_at = NULL WHERE ready = 0 AND wake_at IS NOT NULL AND wake_at <= ?1 AND state IN ('queued', 'awaiting_player')";
        Ok(self.connection.execute(sql, [now.as_millisecond()])?)
    }

    /// Time at which the next job wakes.
    pub fn next_wake(&self) -> Result<Option<Timestamp>, JournalError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT wake_at FROM job WHERE ready = 0 AND wake_at IS NOT NULL ORDER BY wake_at LIMIT 1",
        )?;
        Ok(statement.query_row([], |row| row.get(0)).optional()?.map(time))
    }

    /// Handles a wall clock that may have been set back: wakes every timed job at once, since times in the future mean nothing, and moves future
    /// receipts to `now`.
    pub fn reset_wake_times(&mut self, now: Timestamp) -> Result<(), JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("UPDATE job SET ready = 1, wake_at = NULL WHERE ready = 0 AND wake_at IS NOT NULL", [])?;
        let sql = "UPDATE job SET received_at = ?1 WHERE received_at > ?1 AND is_open = 1";
        transaction.execute(sql, [now.as_millisecond()])?;
        Ok(transaction.commit()?)
    }

    /// Takes an unreadable row out of the queue, so that it blocks no other. The row stays in the journal.
    pub fn set_aside(&mut self, id: &str) -> Result<(), JournalError> {
        self.connection.execute("UPDATE job SET ready = 0, wake_at = NULL WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Waiting jobs that have expired on the store's clock, at most `limit`.
    pub fn expired(&self, store_now: Timestamp, limit: usize) -> Result<Vec<JobRow>, JournalError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM job WHERE expires_at IS NOT NULL AND state IN ('queued', 'awaiting_player') AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2"
        ))?;
        let rows =
            statement.query_map(params![store_now.as_millisecond(), limit as i64], |row| Ok(JobRow::read(row)))?;
        rows.map(|row| row?).collect()
    }

    /// Wakes at `at` the jobs that wait for these players. Returns their number.
    pub fn wake_joined(&mut self, players: &[OnlinePlayer], at: Timestamp) -> Result<usize, JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut woken = 0;
        for player in players {
            let (name, uuid) = (player.name.to_lowercase(), player.uuid.map(flux_delivery::Uuid::simple));
            for (column, value) in [("player_key", Some(name)), ("player_uuid", uuid)] {
                let sql = format!(
                    "UPDATE job SET wake_at = ?2 WHERE state = 'awaiting_player' AND {column} = ?1 AND ready = 0 AND (wake_at IS NULL OR wake_at > ?2)"
                );
                woken += transaction.prepare_cached(&sql)?.execute(params![value, at.as_millisecond()])?;
            }
        }
        transaction.commit()?;
        Ok(woken)
    }

    /// True if a job waits for a player.
    pub fn has_awaiting_player(&self) -> Result<bool, JournalError> {
        let mut statement =
            self.connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM job WHERE state = 'awaiting_player')")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// Uncertain jobs (sent, answer lost) in the store's order, at most `limit`.
    pub fn uncertain(&self, limit: usize) -> Result<Vec<JobRow>, JournalError> {
        self.open_in("uncertain", limit)
    }

    /// Open jobs in this state. The condition `is_open` lets SQLite use an index.
    pub(super) fn open_in(&self, state: &'static str, limit: usize) -> Result<Vec<JobRow>, JournalError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM job WHERE is_open = 1 AND state = '{state}' ORDER BY sequence LIMIT ?1"
        ))?;
        let rows = statement.query_map([limit as i64], |row| Ok(JobRow::read(row)))?;
        rows.map(|row| row?).collect()
    }

    /// The last jobs that completed while the game's clock was known, newest first, without those already marked as possibly rolled back.
    pub fn recent_deliveries(&self, limit: usize) -> Result<Vec<RecentDelivery>, JournalError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM job WHERE state = 'completed' AND sent_clock IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM history WHERE job_id = id AND event = 'possibly_rolled_back')
             ORDER BY changed_at DESC LIMIT ?1"
        ))?;
        let rows = statement.query_map([limit as i64], |row| Ok(JobRow::read(row)))?;
        let mut found = Vec::new();
        for row in rows {
            let row = row??;
            let order_id = row.order_id().map(str::to_owned);
            let player_name = row.player_name().map(str::to_owned);
            let JobRow { id, changed_at: at, sent_clock, .. } = row;
            found.extend(sent_clock.map(|clock| RecentDelivery { id, order_id, player_name, at, clock }));
        }
        Ok(found)
    }

    /// Closed and acknowledged jobs whose markers may still be in the game.
    pub fn leftover_markers(&self, limit: usize) -> Result<Vec<JobRow>, JournalError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM job WHERE markers <> '' AND acked_key IS report_key AND is_open = 0 ORDER BY changed_at LIMIT ?1"
        ))?;
        let rows = statement.query_map([limit as i64], |row| Ok(JobRow::read(row)))?;
        rows.map(|row| row?).collect()
    }

    /// Records that these jobs' markers are gone from the game.
    pub fn clear_markers(&mut self, ids: &[CommandId]) -> Result<(), JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for id in ids {
            transaction
                .prepare_cached("UPDATE job SET markers = '', has_marker = 0 WHERE id = ?1")?
                .execute([id.as_str()])?;
        }
        transaction.commit()?;
        Ok(())
    }
}
