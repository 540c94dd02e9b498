use super::connection::ask;
use super::executor::{Executor, Trouble};
use crate::limits::MARKS_PER_ROUND;
use flux_delivery::proof::MarkKey;
use flux_protocol::Attempt;

impl Executor {
    /// Removes the marks of what is closed and acknowledged, when there is nothing better to do. Returns whether there were any.
    pub(super) async fn remove_marks(&mut self) -> Result<bool, Trouble> {
        let leftovers = self.shared.journal().leftover_marks(MARKS_PER_ROUND)?;
        if !self.abilities.proof || leftovers.is_empty() {
            return Ok(false);
        }
        for row in &leftovers {
            // Earlier attempts were refused with a mark of their own.
            for attempt in (1..=row.job.attempt.get()).filter_map(Attempt::new) {
                ask(&mut self.connection, &MarkKey::of(&row.id, attempt).remove_line()).await?;
            }
            self.shared.journal().mark_removed(&row.id)?;
        }
        Ok(true)
    }
}
