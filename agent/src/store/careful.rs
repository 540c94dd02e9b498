use crate::limits::CAREFUL_WAIT;
use crate::{Phase, Shared};
use jiff::SignedDuration;
use std::time::Duration;

/// Lets old rows run once the store has been unreachable for a minute (rule 8): until then it might still tell of a refund.
pub(super) async fn run(shared: &Shared) {
    let patience = SignedDuration::try_from(CAREFUL_WAIT).unwrap_or(SignedDuration::MAX);
    loop {
        let heard = shared.store.borrow().answered_at.unwrap_or(shared.started_at);
        let left = Duration::try_from((heard + patience).duration_since(shared.now())).unwrap_or_default();
        if left.is_zero() {
            break;
        }
        tokio::select! { biased;
            () = shared.reached(Phase::Draining) => return,
            () = tokio::time::sleep(left.min(CAREFUL_WAIT)) => {}
        }
    }
    match shared.journal().release_careful() {
        Ok(0) => {}
        Ok(jobs) => {
            tracing::warn!(
                jobs,
                "the store has been unreachable for a minute; what was accepted before this start runs now"
            );
            shared.wake_game.notify_one();
        }
        Err(error) => {
            tracing::error!(%error, "the journal failed; what was accepted before this start waits for the store")
        }
    }
}
