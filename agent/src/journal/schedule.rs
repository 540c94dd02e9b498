use super::row::{COLUMNS, time};
use super::{JobRow, Journal, JournalError, When};
use flux_delivery::OnlinePlayer;
use flux_protocol::CommandId;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, TransactionBehavior, params};

impl Journal {
    /// The job whose turn it is: ready, not careful, the lowest sequence.
    pub fn next_ready(&self) -> Result<Option<JobRow>, JournalError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM job WHERE ready = 1 AND careful = 0 ORDER BY sequence LIMIT 1"
        ))?;
        statement.query_row([], |row| Ok(JobRow::read(row))).optional()?.transpose()
    }

    /// Makes ready what has come due. Returns how many.
    pub fn wake_due(&mut self, now: Timestamp) -> Result<usize, JournalError> {
        if self.next_wake()?.is_none_or(|at| at > now) {
            return Ok(0);
        }
        let sql = "UPDATE job SET ready = 1, wake_at = NULL WHERE ready = 0 AND wake_at IS NOT NULL AND wake_at <= ?1";
        Ok(self.connection.execute(sql, [now.as_millisecond()])?)
    }

    /// When the next job comes due.
    pub fn next_wake(&self) -> Result<Option<Timestamp>, JournalError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT wake_at FROM job WHERE ready = 0 AND wake_at IS NOT NULL ORDER BY wake_at LIMIT 1",
        )?;
        Ok(statement.query_row([], |row| row.get(0)).optional()?.map(time))
    }

    /// Looks at a job again then; its state stays.
    pub fn postpone(&mut self, id: &CommandId, at: Timestamp) -> Result<(), JournalError> {
        self.wait_on(id, When::At(at))
    }

    /// Looks at a waiting job again then; its state stays.
    pub fn wait_on(&mut self, id: &CommandId, when: When) -> Result<(), JournalError> {
        let wake_at = match when {
            When::Now => return Ok(()),
            When::At(at) => Some(at.as_millisecond()),
            When::OnJoin => None,
        };
        self.connection
            .execute("UPDATE job SET ready = 0, wake_at = ?2 WHERE id = ?1", params![id.as_str(), wake_at])?;
        Ok(())
    }

    /// These players are in the game: what waits for them is looked at from `at` on. Returns how many jobs.
    pub fn joined(&mut self, players: &[OnlinePlayer], at: Timestamp) -> Result<usize, JournalError> {
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

    /// Whether a job waits for a player: then the game is asked who is online.
    pub fn somebody_waits(&self) -> Result<bool, JournalError> {
        let mut statement =
            self.connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM job WHERE state = 'awaiting_player')")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// The jobs whose line was sent and whose answer was lost, in their order.
    pub fn uncertain(&self) -> Result<Vec<JobRow>, JournalError> {
        let rows: Result<Vec<Option<JobRow>>, _> = self.ids_in("uncertain")?.iter().map(|id| self.job(id)).collect();
        Ok(rows?.into_iter().flatten().collect())
    }

    /// Closed and acknowledged jobs whose mark is still in the game.
    pub fn leftover_marks(&self, limit: usize) -> Result<Vec<JobRow>, JournalError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM job WHERE marked = 1 AND acked_key IS report_key AND state IN ('completed', 'failed', 'cancelled') ORDER BY changed_at LIMIT ?1"
        ))?;
        let mut rows = statement.query([limit as i64])?;
        let mut marks = Vec::new();
        while let Some(row) = rows.next()? {
            marks.push(JobRow::read(row)?);
        }
        Ok(marks)
    }

    /// A job's mark is gone from the game.
    pub fn mark_removed(&mut self, id: &CommandId) -> Result<(), JournalError> {
        self.connection.execute("UPDATE job SET marked = 0 WHERE id = ?1", [id.as_str()])?;
        Ok(())
    }
}
