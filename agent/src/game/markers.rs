//! Removal of execution markers from the game.
//!
//! An execution marker is an entry that a wrapped command leaves in the game's storage when it runs. It proves, after a lost answer, whether the command ran.
//! `flux_delivery::marker` defines names and lines.

use super::connection::GameConnection;
use super::error::StepError;
use crate::journal::JobRow;
use crate::limits::MARKERS_PER_STEP;
use crate::state::Shared;
use flux_delivery::marker::MarkerKey;
use flux_protocol::CommandId;
use std::sync::Arc;

/// Removes markers that are no longer needed.
#[derive(Clone)]
pub(super) struct Markers {
    shared: Arc<Shared>,
    is_supported: bool,
}

impl Markers {
    pub(super) fn new(shared: Arc<Shared>, is_supported: bool) -> Markers {
        Markers { shared, is_supported }
    }

    /// Removes some markers of closed and acknowledged jobs. Returns whether there were any.
    pub(super) async fn remove_leftovers(&self, connection: &mut GameConnection) -> Result<bool, StepError> {
        if !self.is_supported {
            return Ok(false);
        }
        let leftovers = self.shared.journal().leftover_markers(MARKERS_PER_STEP)?;
        let mut removed = Vec::with_capacity(leftovers.len());
        for row in &leftovers {
            for marker in &row.markers {
                connection.query(&marker.remove_line()).await?;
            }
            removed.push(row.id.clone());
        }
        self.shared.journal().clear_markers(&removed)?;
        Ok(!removed.is_empty())
    }

    /// Removes the markers of a job that will be sent again. If this journal were lost, another one would take an old marker for the next send's.
    pub(super) async fn remove_of(&self, id: &CommandId, connection: &mut GameConnection) -> Result<(), StepError> {
        let Some(JobRow { markers, job, .. }) = self.shared.journal().job(id)? else { return Ok(()) };
        // A send of another journal left its marker under this name.
        let other = self.is_supported.then(|| MarkerKey::for_send(id, job.attempt, 1));
        let other = other.filter(|marker| job.from_other_journal && !markers.contains(marker));
        for marker in markers.iter().chain(&other) {
            connection.query(&marker.remove_line()).await?;
        }
        if !markers.is_empty() {
            self.shared.journal().clear_markers(std::slice::from_ref(id))?;
        }
        Ok(())
    }
}
