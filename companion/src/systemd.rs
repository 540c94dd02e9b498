//! Notifies systemd: READY once the companion listens, STATUS with the open commands, and WATCHDOG while the database
//! both reads and writes.

use crate::limits::{NOTIFY_INTERVAL, NOTIFY_PATIENCE};
use flux_platform::SystemdNotifier;
use flux_storage::{Db, Tx, commands};
use tokio::time::{sleep, timeout};

/// Runs for ever; stop it by dropping it.
pub(crate) async fn run(notifier: &SystemdNotifier, db: &Db, address: std::net::SocketAddr) {
    if !notifier.is_enabled() {
        return std::future::pending().await;
    }
    notifier.notify("READY=1\n");
    let interval = notifier.watchdog_interval().map_or(NOTIFY_INTERVAL, |watchdog| NOTIFY_INTERVAL.min(watchdog / 3));
    let mut is_reported = false;
    loop {
        match timeout(NOTIFY_PATIENCE, look(db)).await {
            Ok(Ok(open)) => {
                is_reported = false;
                notifier.notify(&format!("STATUS=serving on {address}, {open} commands open\nWATCHDOG=1\n"));
            }
            // A full disk still answers. A restart may help only when the database does not answer at all.
            Ok(Err(error)) => notifier.notify(&format!("STATUS=the database fails: {error}\nWATCHDOG=1\n")),
            Err(_) if !std::mem::replace(&mut is_reported, true) => {
                tracing::error!(
                    "the database does not answer; the watchdog is not fed, so that systemd restarts the companion"
                );
            }
            Err(_) => {}
        }
        sleep(interval).await;
    }
}

/// Counts the open commands. Returns once the writer has worked too.
async fn look(db: &Db) -> Result<i64, flux_storage::Error> {
    db.barrier().await?;
    let counts = db.read(|tx: &Tx<'_>| commands::counts(tx)).await?;
    Ok(counts.into_iter().filter(|(status, _)| status != "failed").map(|(_, count)| count).sum())
}
