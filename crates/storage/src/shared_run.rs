//! Work that many callers want done at once, and that is done once for all who wait: the rebuild of the file.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// One kind of work. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct SharedRun {
    /// Counts the callers.
    wanted: Arc<AtomicU64>,
    /// The number of callers for whom the work is done. Held while it runs.
    done: Arc<Mutex<u64>>,
}

impl SharedRun {
    /// Returns once the work has run from begin to end after this call. A caller who comes while it runs waits for the next
    /// run, together with all others who came meanwhile.
    pub(crate) async fn run<E>(&self, work: impl AsyncFnOnce() -> Result<(), E>) -> Result<(), E> {
        let own = self.wanted.fetch_add(1, Ordering::SeqCst) + 1;
        let mut done = self.done.lock().await;
        if *done < own {
            let all = self.wanted.load(Ordering::SeqCst);
            work().await?;
            *done = all;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::join;
    use tokio::task::yield_now;

    #[tokio::test]
    async fn all_who_wait_share_one_run() {
        let (shared, runs) = (SharedRun::default(), AtomicU64::new(0));
        let run = || {
            shared.run(async || {
                runs.fetch_add(1, Ordering::SeqCst);
                yield_now().await;
                Ok::<_, ()>(())
            })
        };
        assert_eq!(join!(run(), run(), run(), run(), run()), (Ok(()), Ok(()), Ok(()), Ok(()), Ok(())));
        assert_eq!(runs.load(Ordering::SeqCst), 2, "the first caller's, and one for all others");
        assert_eq!(run().await, Ok(()));
        assert_eq!(runs.load(Ordering::SeqCst), 3, "an earlier run helps no later caller");
    }

    #[tokio::test]
    async fn after_a_failed_run_the_next_who_waits_runs_it() {
        let (shared, runs) = (SharedRun::default(), AtomicU64::new(0));
        let run = || {
            shared.run(async || {
                yield_now().await;
                if runs.fetch_add(1, Ordering::SeqCst) == 0 { Err(()) } else { Ok(()) }
            })
        };
        assert_eq!(join!(run(), run(), run()), (Err(()), Ok(()), Ok(())));
        assert_eq!(runs.load(Ordering::SeqCst), 2);
    }
}
