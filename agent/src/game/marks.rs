use super::connection::ask;
use super::executor::{Executor, Trouble};
use crate::limits::MARKS_PER_TURN;
use flux_delivery::proof::MarkKey;
use flux_protocol::Attempt;

impl Executor {
    /// Removes marks of what is closed and acknowledged, when there is nothing better to do. Returns whether there were any.
    pub(super) async fn remove_marks(&mut self) -> Result<bool, Trouble> {
        if !self.abilities.proof {
            return Ok(false);
        }
        let leftovers = self.shared.journal().leftover_marks(MARKS_PER_TURN)?;
        let mut removed = Vec::with_capacity(leftovers.len());
        for row in &leftovers {
            // Earlier attempts were refused with a mark of their own.
            for attempt in (1..=row.job.attempt.get()).filter_map(Attempt::new) {
                ask(&mut self.connection, &MarkKey::of(&row.id, attempt).remove_line()).await?;
            }
            removed.push(row.id.clone());
        }
        self.shared.journal().marks_removed(&removed)?;
        Ok(!removed.is_empty())
    }
}
