//! Reports to the store and their acknowledgements, counts for `status`, and the pruning of old details.

use super::row::time;
use super::{Journal, JournalError};
use flux_protocol::{Attempt, CommandReport, ReportState};
use jiff::Timestamp;
use rusqlite::{TransactionBehavior, params};
use std::collections::BTreeMap;

/// A report that the store has not acknowledged yet, and the key of the state in it.
#[derive(Debug, Clone)]
pub struct PendingReport {
    /// The report as sent.
    pub report: CommandReport,
    /// The order that the command belongs to, until its details are pruned.
    pub order_id: Option<String>,
    /// Name of its player, until its details are pruned.
    pub player_name: Option<String>,
    key: String,
}

/// States that the store has not acknowledged.
#[derive(Debug, Default)]
pub struct Unreported {
    /// Those that can be sent.
    pub reports: Vec<PendingReport>,
    /// The ids of rows that cannot be read, each with the problem.
    pub unreadable: Vec<(String, String)>,
}

/// Number of jobs by state.
pub type Counts = BTreeMap<String, u64>;

impl Journal {
    /// States that the store has not acknowledged, one per id: first those that were never sent, oldest first, then those that
    /// wait longest since they were sent.
    pub fn unreported(&self, limit: usize) -> Result<Unreported, JournalError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, report_key, output, obstacle, changed_at, command ->> '$.orderId', command ->> '$.player.name' FROM job WHERE acked_key IS NOT report_key ORDER BY sent_at, changed_at LIMIT ?1",
        )?;
        let rows = statement.query_map([limit as i64], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, Option<String>>(2)?,
                row.get::<_, Option<String>>(3)?,
                row.get::<_, i64>(4)?,
                row.get::<_, Option<String>>(5)?,
                row.get::<_, Option<String>>(6)?,
            ))
        })?;
        let mut found = Unreported::default();
        for row in rows {
            let (id, key, output, obstacle, changed_at, order_id, player_name) = row?;
            let Some((attempt, state)) = parse_key(&key) else {
                found.unreadable.push((id, format!("report key {key}")));
                continue;
            };
            let Ok(command_id) = id.parse() else {
                found.unreadable.push((id, "not an id".into()));
                continue;
            };
            let output = if state.is_closing() { output } else { obstacle };
            let report = CommandReport { id: command_id, attempt, state, output, at: time(changed_at) };
            found.reports.push(PendingReport { report, order_id, player_name, key });
        }
        Ok(found)
    }

    /// Records that the states of these ids were sent now and not acknowledged: what was never sent goes before them. Returns
    /// whether there is such a state.
    pub fn put_behind<'a>(
        &mut self,
        ids: impl IntoIterator<Item = &'a str>,
        now: Timestamp,
    ) -> Result<bool, JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for id in ids {
            let mut statement = transaction.prepare_cached("UPDATE job SET sent_at = ?2 WHERE id = ?1")?;
            statement.execute(params![id, now.as_millisecond()])?;
        }
        let sql = "SELECT EXISTS (SELECT 1 FROM job WHERE acked_key IS NOT report_key AND sent_at IS NULL)";
        let has_unsent = transaction.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        transaction.commit()?;
        Ok(has_unsent)
    }

    /// Records that the store acknowledged these reports; the history has the first time. Only the reported state counts as acknowledged (rule 3): a job that has changed since is reported again.
    pub fn acknowledge<'a>(
        &mut self,
        reports: impl IntoIterator<Item = &'a PendingReport>,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for pending in reports {
            let id = pending.report.id.as_str();
            let changed = transaction
                .prepare_cached(
                    "UPDATE job SET acked_key = ?2, sent_at = ?3, startup_hold = 0 WHERE id = ?1 AND report_key = ?2",
                )?
                .execute(params![id, pending.key, now.as_millisecond()])?;
            if changed > 0 && pending.report.state.is_closing() {
                transaction
                    .prepare_cached(
                        "INSERT INTO history (job_id, at, attempt, event) SELECT ?1, ?2, ?3, 'acknowledged' WHERE NOT EXISTS
                         (SELECT 1 FROM history WHERE job_id = ?1 AND attempt = ?3 AND event = 'acknowledged')",
                    )?
                    .execute(params![id, now.as_millisecond(), pending.report.attempt.get()])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Ends the startup hold of all jobs (rule 8). Returns the number of jobs.
    pub fn release_startup_hold(&mut self) -> Result<usize, JournalError> {
        Ok(self.connection.execute("UPDATE job SET startup_hold = 0 WHERE startup_hold = 1", [])?)
    }

    /// Number of jobs by state; closed jobs count by their outcome.
    pub fn counts(&self) -> Result<Counts, JournalError> {
        let mut statement = self.connection.prepare_cached("SELECT state, jobs FROM job_counts WHERE jobs > 0")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)? as u64)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// True if there is a state that the store has not acknowledged.
    pub fn has_unreported(&self) -> Result<bool, JournalError> {
        let mut statement =
            self.connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM job WHERE acked_key IS NOT report_key)")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// Number of states that the store has not acknowledged.
    pub fn unreported_count(&self) -> Result<u64, JournalError> {
        let count: i64 =
            self.connection
                .query_row("SELECT count(*) FROM job WHERE acked_key IS NOT report_key", [], |row| row.get(0))?;
        Ok(count as u64)
    }

    /// Time at which the oldest open job was received.
    pub fn oldest_open(&self) -> Result<Option<Timestamp>, JournalError> {
        let oldest: Option<i64> =
            self.connection.query_row("SELECT min(received_at) FROM job WHERE is_open = 1", [], |row| row.get(0))?;
        Ok(oldest.map(time))
    }

    /// Deletes the details of at most `limit` jobs that were closed and acknowledged before `before`; id, attempt and outcome
    /// stay. Returns the number of jobs.
    pub fn prune(&mut self, before: Timestamp, limit: usize) -> Result<usize, JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let over = "SELECT id FROM job WHERE is_open = 0 AND (command IS NOT NULL) = 1 AND changed_at < ?1 AND acked_key IS report_key
             ORDER BY changed_at LIMIT ?2";
        let values = params![before.as_millisecond(), limit as i64];
        transaction.execute(&format!("DELETE FROM history WHERE job_id IN ({over})"), values)?;
        let pruned = transaction.execute(
            &format!(
                "UPDATE job SET command = NULL, line = NULL, sent_clock = NULL, output = NULL, judged_by = NULL, player_key = NULL, player_uuid = NULL WHERE id IN ({over})"
            ),
            values,
        )?;
        transaction.commit()?;
        Ok(pruned)
    }

    /// Removes at most `limit` jobs that were closed, and acknowledged, before `before`, whose details are pruned and whose
    /// markers are out of the game. Returns the number of jobs.
    pub fn forget(&mut self, before: Timestamp, limit: usize) -> Result<usize, JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let over = "SELECT id FROM job WHERE is_open = 0 AND (command IS NOT NULL) = 0 AND changed_at < ?1 AND acked_key IS report_key
             AND markers = '' AND ifnull(sent_at, changed_at) < ?1 ORDER BY changed_at LIMIT ?2";
        let values = params![before.as_millisecond(), limit as i64];
        transaction.execute(&format!("DELETE FROM history WHERE job_id IN ({over})"), values)?;
        let removed = transaction.execute(&format!("DELETE FROM job WHERE id IN ({over})"), values)?;
        transaction.commit()?;
        Ok(removed)
    }
}

fn parse_key(key: &str) -> Option<(Attempt, ReportState)> {
    let mut words = key.split(' ');
    let attempt = Attempt::new(words.next()?.parse().ok()?)?;
    let (status, reason) = (words.next()?, words.next()?);
    Some((attempt, ReportState::parse(status, (reason != "-").then_some(reason)).ok()?))
}
