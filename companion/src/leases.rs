//! The leases of this process: it takes one for each job that must not run twice at once.

use crate::app::App;
use crate::limits;
use flux_storage::Tx;
use flux_storage::leases::{self, Job, Lease};
use tokio::time::sleep;

/// Takes the lease of a job. While the database fails, it tries again.
pub(crate) async fn take(app: &App, job: Job) -> Lease {
    loop {
        let node = app.node.clone();
        match app.db.write(move |tx: &Tx<'_>| leases::take(tx, job, &node)).await {
            Ok(lease) => return lease,
            Err(error) => {
                tracing::warn!(error = %error, lease.name = job.name(), "failed to take a lease; retrying");
                sleep(limits::LEASE_RETRY).await;
            }
        }
    }
}

/// True if this process still has the lease, and logs it otherwise. Errors of the database count as having it: they show in
/// the job itself.
pub(crate) async fn is_held(app: &App, lease: &Lease) -> bool {
    let asked = lease.clone();
    let is_lost = matches!(app.db.read(move |tx: &Tx<'_>| leases::is_held(tx, &asked)).await, Ok(false));
    if is_lost {
        tracing::warn!(lease.name = lease.job().name(), "another process has taken a lease; leaving its job to it");
    }
    !is_lost
}

/// The reason that a job's transaction failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] flux_storage::Error),
    /// Another process has the lease.
    #[error("another process does this now")]
    Lease,
    /// Somebody has moved the cursor.
    #[error("somebody else has moved the cursor")]
    Cursor,
}

/// Checks a lease at the beginning of a transaction.
pub(crate) fn require(tx: &Tx<'_>, lease: &Lease) -> Result<(), JobError> {
    if leases::is_held(tx, lease)? { Ok(()) } else { Err(JobError::Lease) }
}
