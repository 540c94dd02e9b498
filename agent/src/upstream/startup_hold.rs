use crate::limits::{JOURNAL_RETRY, STARTUP_HOLD};
use crate::state::{Link, Phase, Shared};
use tokio::time::{Instant, timeout_at};

/// Lets old rows run once the store has been unreachable for a minute (rule 8): until then it might still tell of a refund.
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
                tracing::warn!(
                    jobs,
                    "the store has been unreachable for a minute; what was accepted before this start runs now"
                );
                return shared.wake_game.notify_one();
            }
            Err(error) => shared.journal_failed(&error),
        }
        tokio::time::sleep(JOURNAL_RETRY).await;
    }
}

/// Each answer of the store starts the wait over, and an open session counts as one.
async fn unreachable_for_long(shared: &Shared) {
    let mut store = shared.store.subscribe();
    loop {
        let heard = store.borrow_and_update().answered_at;
        let deadline = Instant::now() + STARTUP_HOLD;
        let changed = store.wait_for(|view| view.answered_at != heard);
        let silent = timeout_at(deadline, changed).await.is_err();
        if silent && !matches!(*shared.link.borrow(), Link::Up(_)) {
            return;
        }
    }
}
