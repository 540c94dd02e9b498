//! The handle that ends a client's wait early.

use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::Notify;

/// Ends the client's current wait, for example after a reload brought a new token.
///
/// Outside of a wait it ends the next one, unless an attempt that is under way then succeeds.
#[derive(Clone, Debug, Default)]
pub struct ReconnectHandle(Arc<Notify>);

impl ReconnectHandle {
    /// Starts the next attempt now.
    pub fn retry_now(&self) {
        self.0.notify_one();
    }

    pub(super) async fn requested(&self) {
        self.0.notified().await;
    }

    /// Drops a request that nothing has waited for yet.
    pub(super) fn forget(&self) {
        // Polling once consumes the stored permit, if there is one; dropping the future does not give it back.
        let _ = self.0.notified().now_or_never();
    }
}
