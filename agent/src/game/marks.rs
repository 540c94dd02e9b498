use super::connection::ask;
use super::executor::{Executor, Trouble};
use crate::journal::JobRow;
use crate::limits::MARKS_PER_TURN;
use flux_delivery::marker::MarkerKey;
use flux_protocol::CommandId;

impl Executor {
    /// Removes marks of what is closed and acknowledged, when there is nothing better to do. Returns whether there were any.
    pub(super) async fn remove_marks(&mut self) -> Result<bool, Trouble> {
        if !self.abilities.proof {
            return Ok(false);
        }
        let leftovers = self.shared.journal().leftover_marks(MARKS_PER_TURN)?;
        let mut removed = Vec::with_capacity(leftovers.len());
        for row in &leftovers {
            for mark in &row.marks {
                ask(&mut self.connection, &mark.remove_line()).await?;
            }
            removed.push(row.id.clone());
        }
        self.shared.journal().marks_removed(&removed)?;
        Ok(!removed.is_empty())
    }

    /// Removes the marks of a job that is to be sent again: another journal, should this one be lost, would take one for the next send's.
    pub(super) async fn forget_marks(&mut self, id: &CommandId) -> Result<(), Trouble> {
        let Some(JobRow { marks, job, .. }) = self.shared.journal().job(id)? else { return Ok(()) };
        // What another journal may have sent has left its mark under this name.
        let foreign = self.abilities.proof.then(|| MarkerKey::for_send(id, job.attempt, 1));
        let foreign = foreign.filter(|mark| job.from_other_journal && !marks.contains(mark));
        for mark in marks.iter().chain(&foreign) {
            ask(&mut self.connection, &mark.remove_line()).await?;
        }
        if !marks.is_empty() {
            self.shared.journal().marks_removed(std::slice::from_ref(id))?;
        }
        Ok(())
    }
}
