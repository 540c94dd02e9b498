use crate::limits::{JOURNAL_RETRY, STARTUP_HOLD};
use crate::state::{Link, Phase, Shared};
use tokio::time::{Instant, timeout_at};

/// Ends the startup hold after [`STARTUP_HOLD`] without contact with the store (rule 8). Until then, the store may still revoke an old job.
pub(super) async fn run(shared: &Shared) {
    tokio::select! { biased;
        () = shared.reached(Phase::Draining) => return,
        () = unreachable_for_long(shared) => {}
    }
    loop {
        let released = shared.journal().release_startup_hold();
        match released {
            Ok(0) => return,
            Ok(jobs) => {
                tracing::warn!(jobs, "no contact with the store; running the commands accepted before this start");
                return shared.wake_game.notify_one();
            }
            Err(error) => shared.journal_failed(&error),
        }
        tokio::time::sleep(JOURNAL_RETRY).await;
    }
}

/// Waits until the store has not answered for [`STARTUP_HOLD`] and there is no session.
async fn unreachable_for_long(shared: &Shared) {
    let mut store = shared.store.subscribe();
    loop {
        let known = store.borrow_and_update().answered_at;
        let deadline = Instant::now() + STARTUP_HOLD;
        let changed = store.wait_for(|view| view.answered_at != known);
        let silent = timeout_at(deadline, changed).await.is_err();
        if silent && !matches!(*shared.link.borrow(), Link::Up(_)) {
            return;
        }
    }
}
