use super::Config;
use std::sync::Arc;
use tokio::sync::watch;

/// The configuration in force. A reload replaces it as a whole; whoever holds a clone sees the new one from then on.
#[derive(Debug, Clone)]
pub struct LiveConfig {
    in_force: Arc<watch::Sender<Arc<Config>>>,
    /// A channel wakes those who wait for it in an order of chance (tokio). So that a simulated history is the same each time, each task has its own.
    for_the_game: Arc<watch::Sender<()>>,
}

impl LiveConfig {
    /// What is in force now. IntakeCount once for each decision, so that no decision is made by halves of two.
    pub fn get(&self) -> Arc<Config> {
        self.in_force.borrow().clone()
    }

    /// Wakes whoever must act on a change.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Config>> {
        self.in_force.subscribe()
    }

    /// Wakes the game's task on a change.
    pub(crate) fn subscribe_game(&self) -> watch::Receiver<()> {
        self.for_the_game.subscribe()
    }

    pub(crate) fn replace(&self, config: Config) {
        self.in_force.send_replace(Arc::new(config));
        self.for_the_game.send_replace(());
    }
}

impl From<Config> for LiveConfig {
    fn from(config: Config) -> Self {
        LiveConfig {
            in_force: Arc::new(watch::Sender::new(Arc::new(config))),
            for_the_game: Arc::new(watch::Sender::new(())),
        }
    }
}
