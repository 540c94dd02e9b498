//! Commits deliveries and revocations from the store. The agent reports `delivered` only after the commit.

use super::change::{append_history, load, save};
use super::{JobRow, Journal, JournalError, Wake};
use flux_delivery::Uuid;
use flux_delivery::job::{Intake, Job};
use flux_protocol::{Command, CommandId, Revocation};
use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};

/// The result for one item of a batch, for the log.
#[derive(Debug, Clone)]
pub struct ReceivedItem {
    /// The command.
    pub id: CommandId,
    /// The order that it belongs to.
    pub order_id: Option<String>,
    /// Name of its player.
    pub player_name: Option<String>,
    /// The job afterwards.
    pub job: Job,
    /// True if the journal did not know this attempt.
    pub fresh: bool,
}

impl Journal {
    /// Commits a batch of deliveries. The agent may report `delivered` only after this returns.
    pub fn deliver(&mut self, commands: &[Command], now: Timestamp) -> Result<Vec<ReceivedItem>, JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut received = Vec::with_capacity(commands.len());
        for command in commands {
            let row = load(&transaction, &command.id)?;
            let receipt = Job::receive_delivery(row.as_ref().map(|row| row.job), command.attempt, command.redelivered);
            let changed = row.as_ref().is_none_or(|row| row.job != receipt.job());
            if let Intake::New(job) = receipt {
                store_details(&transaction, command, &job, now)?;
            }
            if changed {
                save(&transaction, &command.id, &receipt.job(), None, Wake::Now, now)?;
                append_history(&transaction, &command.id, &receipt.job(), now, "received", None)?;
            }
            report_again(&transaction, &command.id)?;
            received.push(ReceivedItem {
                id: command.id.clone(),
                order_id: command.order_id.as_ref().map(ToString::to_string),
                player_name: command.player.as_ref().map(|player| player.name.clone()),
                job: receipt.job(),
                fresh: matches!(receipt, Intake::New(_)),
            });
        }
        transaction.commit()?;
        Ok(received)
    }

    /// Commits a batch of revocations (rule 6).
    pub fn revoke(&mut self, revocations: &[Revocation], now: Timestamp) -> Result<Vec<ReceivedItem>, JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut received = Vec::with_capacity(revocations.len());
        for revocation in revocations {
            let row = load(&transaction, &revocation.id)?;
            let receipt =
                Job::receive_revocation(row.as_ref().map(|row| row.job), revocation.attempt, revocation.redelivered);
            if matches!(receipt, Intake::New(_)) {
                insert(&transaction, &revocation.id, &receipt.job(), now)?;
            }
            if row.as_ref().is_none_or(|row| row.job != receipt.job()) {
                save(&transaction, &revocation.id, &receipt.job(), None, Wake::Now, now)?;
                append_history(&transaction, &revocation.id, &receipt.job(), now, "revoked", None)?;
            }
            report_again(&transaction, &revocation.id)?;
            received.push(ReceivedItem {
                id: revocation.id.clone(),
                order_id: row.as_ref().and_then(JobRow::order_id).map(str::to_owned),
                player_name: row.as_ref().and_then(JobRow::player_name).map(str::to_owned),
                job: receipt.job(),
                fresh: matches!(receipt, Intake::New(_)),
            });
        }
        transaction.commit()?;
        Ok(received)
    }
}

/// Inserts a row if there is none; `save` fills in its state.
fn insert(connection: &Connection, id: &CommandId, job: &Job, now: Timestamp) -> Result<(), JournalError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO job (id, attempt, state, sequence, report_key, changed_at, received_at) VALUES (?1, ?2, 'queued', 0, '', ?3, ?3) ON CONFLICT DO NOTHING",
    )?;
    statement.execute(params![id.as_str(), job.attempt.get(), now.as_millisecond()])?;
    Ok(())
}

/// Stores the command and its player. The time of the id's first receipt stays, since `delaySeconds` counts from it.
fn store_details(connection: &Connection, command: &Command, job: &Job, now: Timestamp) -> Result<(), JournalError> {
    insert(connection, &command.id, job, now)?;
    let text = serde_json::to_string(command)
        .map_err(|error| JournalError::Row { id: command.id.to_string(), problem: error.to_string() })?;
    let name = command.player.as_ref().map(|player| player.name.to_lowercase());
    let uuid =
        command.player.as_ref().and_then(|player| player.uuid.as_deref()).and_then(Uuid::parse).map(Uuid::simple);
    let sequence = i64::try_from(command.sequence).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "UPDATE job SET command = ?2, player_key = ?3, player_uuid = ?4, sequence = ?5, expires_at = ?6, sends = 0, startup_hold = 0, line = NULL, sent_clock = NULL, output = NULL,
         judged_by = NULL WHERE id = ?1",
    )?;
    let expires_at = command.expires_at.map(Timestamp::as_millisecond);
    statement.execute(params![command.id.as_str(), text, name, uuid, sequence, expires_at])?;
    Ok(())
}

/// Marks the job's current state as unreported: the agent answers every item of the store with it (rule 1).
fn report_again(connection: &Connection, id: &CommandId) -> Result<(), JournalError> {
    connection.prepare_cached("UPDATE job SET acked_key = NULL WHERE id = ?1")?.execute([id.as_str()])?;
    Ok(())
}
