//! Settling an uncertain job: whether its line ran, and what follows if nobody knows.

use super::{Job, JobOutcome, JobState};
use crate::marker::Marker;
use flux_protocol::FailReason;

/// The configured way to treat an uncertain line that no marker settles (`delivery.on_uncertain`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUncertain {
    /// Report it as `failed`/`uncertain`, so that a person decides.
    Hold,
    /// Send it once more, and hold it if it is uncertain again. For stores whose every command is safe to repeat.
    Retry,
}

/// The evidence about an uncertain line.
///
/// Collect it after the game has answered a harmless line on a new connection: the game runs lines in order, so by then
/// all lines of earlier connections have run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The line was sent with an execution marker.
    Marker {
        /// The game's answer.
        marker: Marker,
        /// True if the game certainly did not restart since the send. Otherwise an absent marker proves nothing.
        same_run: bool,
    },
    /// The line was sent without a marker.
    None,
}

impl Job {
    /// Settles an uncertain job.
    ///
    /// A marker is about the last send only. An earlier send that is unresolved (it had no marker, or a crash of the game
    /// lost it) stays unresolved, unless the marker shows that the line ran.
    #[must_use]
    pub fn settled(self, evidence: Evidence, on_uncertain: OnUncertain) -> Job {
        debug_assert!(self.state == JobState::Uncertain);
        match evidence {
            Evidence::Marker { marker: Marker::Present { succeeded: true }, .. } => {
                self.resolved().closed(JobOutcome::Completed)
            }
            Evidence::Marker { marker: Marker::Present { succeeded: false }, .. } => {
                // With `Hold` another journal sent the line once. With `Retry` it may have sent it before the send that was
                // refused.
                let is_only_send = self.from_other_journal && on_uncertain == OnUncertain::Hold;
                let job = if is_only_send { self.resolved() } else { self };
                job.closed(JobOutcome::Failed(FailReason::RejectedByGame))
            }
            Evidence::Marker { marker: Marker::Absent, same_run: true } if !self.from_other_journal => self.not_sent(),
            Evidence::Marker { marker: Marker::Absent, .. } | Evidence::None => self.unsettled(on_uncertain),
        }
    }

    fn resolved(self) -> Job {
        Job { unresolved: false, from_other_journal: false, ..self }
    }

    fn unsettled(self, on_uncertain: OnUncertain) -> Job {
        let was_sent_once_more = self.unresolved && !self.from_other_journal;
        if on_uncertain == OnUncertain::Hold || was_sent_once_more || self.revoked {
            return Job { unresolved: true, ..self }.closed(JobOutcome::Failed(FailReason::Uncertain));
        }
        Job { state: JobState::Queued, unresolved: true, from_other_journal: false, ..self }
    }

    /// The job after an admin's retry of a held job. Remove its marker first.
    #[must_use]
    pub fn retried_by_hand(self) -> Job {
        Job::new(self.attempt, JobState::Queued)
    }
}
