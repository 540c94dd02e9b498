//! Holds the configuration in force and announces each change.

use super::Config;
use std::sync::Arc;
use tokio::sync::watch;

/// The configuration in force. A reload replaces it as a whole; all clones see the new one.
#[derive(Debug, Clone)]
pub struct LiveConfig {
    in_force: Arc<watch::Sender<Arc<Config>>>,
    /// Wakes the game loop. A tokio channel wakes its receivers in random order, so one channel for two tasks would make a simulation irreproducible.
    game_changes: Arc<watch::Sender<()>>,
}

impl LiveConfig {
    /// The configuration in force now. Call it once per decision, so that no decision mixes two configurations.
    pub fn get(&self) -> Arc<Config> {
        self.in_force.borrow().clone()
    }

    /// Subscribes to changes.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Config>> {
        self.in_force.subscribe()
    }

    /// Subscribes the game loop to changes.
    pub(crate) fn subscribe_game(&self) -> watch::Receiver<()> {
        self.game_changes.subscribe()
    }

    pub(crate) fn replace(&self, config: Config) {
        self.in_force.send_replace(Arc::new(config));
        self.game_changes.send_replace(());
    }
}

impl From<Config> for LiveConfig {
    fn from(config: Config) -> Self {
        LiveConfig {
            in_force: Arc::new(watch::Sender::new(Arc::new(config))),
            game_changes: Arc::new(watch::Sender::new(())),
        }
    }
}
