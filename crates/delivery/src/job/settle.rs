use super::{Job, JobState, Outcome};
use crate::proof::Mark;
use flux_protocol::FailReason;

/// What is done with an uncertain line that no proof settles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUncertain {
    /// Report it as `failed`/`uncertain` and let a person decide.
    Hold,
    /// Run it once more; uncertain again is held. For stores whose every command is safe to repeat.
    Retry,
}

/// What is known of an uncertain line, once a harmless command has been answered on a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// It went out with a mark, and the game answered this. `same_run`: the game has surely not restarted since the send.
    Mark {
        /// The answer.
        mark: Mark,
        /// Whether an absent mark proves that it did not run.
        same_run: bool,
    },
    /// It went out plain: nothing tells.
    None,
}

impl Job {
    /// Settles an uncertain job. A mark tells of the last send; what is unresolved of an earlier one (its mark was rolled back with the game, or it had none)
    /// only a mark that says "it ran" resolves.
    #[must_use]
    pub fn settled(self, evidence: Evidence, on_uncertain: OnUncertain) -> Job {
        debug_assert!(self.state == JobState::Uncertain);
        match evidence {
            Evidence::Mark { mark: Mark::Present(true), .. } => self.resolved().closed(Outcome::Completed),
            Evidence::Mark { mark: Mark::Present(false), .. } => {
                // Another journal that holds what is uncertain has sent it once; one that retries may have sent it before, and that was not refused.
                let is_only = self.foreign && on_uncertain == OnUncertain::Hold;
                let told = if is_only { self.resolved() } else { self };
                told.closed(Outcome::Failed(FailReason::RejectedByGame))
            }
            Evidence::Mark { mark: Mark::Absent, same_run: true } if !self.foreign => self.not_sent(),
            _ => self.unsettled(on_uncertain),
        }
    }

    fn resolved(self) -> Job {
        Job { unresolved: false, foreign: false, ..self }
    }

    fn unsettled(self, on_uncertain: OnUncertain) -> Job {
        let once_more_already = self.unresolved && !self.foreign;
        if on_uncertain == OnUncertain::Hold || once_more_already || self.revoked {
            return Job { unresolved: true, ..self }.closed(Outcome::Failed(FailReason::Uncertain));
        }
        Job { state: JobState::Queued, unresolved: true, foreign: false, ..self }
    }

    /// The admin runs a held job once more; its mark is removed first.
    #[must_use]
    pub fn retried_by_hand(self) -> Job {
        Job::new(self.attempt, JobState::Queued)
    }
}
