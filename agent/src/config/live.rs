use super::Config;
use std::sync::Arc;
use tokio::sync::watch;

/// The configuration in force. A reload replaces it as a whole; whoever holds a clone sees the new one from then on.
#[derive(Debug, Clone)]
pub struct LiveConfig(Arc<watch::Sender<Arc<Config>>>);

impl LiveConfig {
    /// What is in force now. Taken once for each decision, so that no decision is made by halves of two.
    pub fn get(&self) -> Arc<Config> {
        self.0.borrow().clone()
    }

    /// Wakes whoever must act on a change.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Config>> {
        self.0.subscribe()
    }

    pub(crate) fn replace(&self, config: Config) {
        self.0.send_replace(Arc::new(config));
    }
}

impl From<Config> for LiveConfig {
    fn from(config: Config) -> Self {
        LiveConfig(Arc::new(watch::Sender::new(Arc::new(config))))
    }
}
