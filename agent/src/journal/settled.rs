//! Commits the store's word about jobs that it shows as closed.

use super::change::{append_history, load, save};
use super::{Journal, JournalError, ReceivedItem, Wake};
use flux_delivery::job::RowAge;
use flux_protocol::{CommandId, Settled};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

impl Journal {
    /// Closes jobs that the store shows as closed (rule 8). Call it before [`Journal::acknowledge`], which lets old jobs
    /// run. Returns the jobs that changed.
    pub fn settle(&mut self, settled: &[Settled], now: Timestamp) -> Result<Vec<ReceivedItem>, JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut changed = Vec::new();
        for Settled { id, attempt, state } in settled {
            let Some(row) = load(&transaction, id)? else { continue };
            let age = age_of(&transaction, id)?;
            let Some(job) = row.job.closed_at_store(*attempt, *state, age).filter(|job| *job != row.job) else {
                continue;
            };
            save(&transaction, id, &job, None, Wake::Now, now)?;
            append_history(&transaction, id, &job, now, "settled_by_store", None)?;
            if job.report_state() == *state {
                transaction
                    .prepare_cached("UPDATE job SET acked_key = report_key, sent_at = ?2 WHERE id = ?1")?
                    .execute(params![id.as_str(), now.as_millisecond()])?;
            }
            changed.push(ReceivedItem {
                id: id.clone(),
                order_id: row.order_id().map(str::to_owned),
                player_name: row.player_name().map(str::to_owned),
                job,
                fresh: false,
            });
        }
        transaction.commit()?;
        Ok(changed)
    }
}

/// A job that an admin has retried here is newer than the store's word about its attempt.
fn age_of(connection: &Connection, id: &CommandId) -> Result<RowAge, JournalError> {
    let sql = "SELECT startup_hold = 1 AND NOT EXISTS (SELECT 1 FROM history WHERE job_id = job.id AND history.attempt = job.attempt AND event = 'retried_by_hand')
         FROM job WHERE id = ?1";
    let is_old = connection.prepare_cached(sql)?.query_row([id.as_str()], |row| row.get(0)).optional()?;
    Ok(if is_old == Some(true) { RowAge::BeforeStart } else { RowAge::SinceStart })
}
