//! Leases: which process does each job that must not run twice at once.
//!
//! A file is served by one process at a time, whose lock shows that every earlier one has ended. So a process takes a lease
//! at once, whoever has it, and keeps it until it ends: no clock decides. The lock keeps two processes apart; the epoch keeps
//! work apart that an earlier holder began.

use crate::{Error, NodeId, Tx, params};

/// A job that one process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Periodic work on orders, commands and referrals.
    Sweeps,
    /// Sending the events to the storefront.
    Webhook,
    /// Sending mails.
    Mail,
}

impl Job {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Job::Sweeps => "sweeps",
            Job::Webhook => "webhook",
            Job::Mail => "mail",
        }
    }
}

/// A lease that a process has taken.
#[derive(Debug, Clone)]
pub struct Lease {
    job: Job,
    holder: NodeId,
    epoch: i64,
}

impl Lease {
    /// The job.
    pub fn job(&self) -> Job {
        self.job
    }
}

/// Takes a lease, under a new epoch.
///
/// # Errors
///
/// The database's.
pub fn take(tx: &Tx<'_>, job: Job, holder: &NodeId) -> Result<Lease, Error> {
    let sql = "INSERT INTO leases (name, holder, epoch) VALUES ($1, $2, 1)
               ON CONFLICT (name) DO UPDATE SET holder = $2, epoch = leases.epoch + 1, until = NULL RETURNING epoch";
    let epoch = tx.only(sql, params![job.name(), holder], |row| row.get("epoch"))?;
    Ok(Lease { job, holder: holder.clone(), epoch })
}

/// True if nobody has taken the lease since. Work that moves a cursor begins with this, in the same transaction.
///
/// # Errors
///
/// The database's.
pub fn is_held(tx: &Tx<'_>, lease: &Lease) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM leases WHERE name = $1 AND holder = $2 AND epoch = $3";
    tx.exists(sql, params![lease.job.name(), lease.holder, lease.epoch])
}
