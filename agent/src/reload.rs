use crate::Shared;
use crate::config::{Config, Store};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// Reads the configuration again and checks it whole; the error is for the admin.
pub type Loader = Box<dyn Fn() -> Result<Config, String> + Send + Sync>;

/// What a reload has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reloaded {
    /// In force from now on: keys, or sections.
    pub changed: Vec<String>,
    /// Changed in the file, and in force after a restart.
    pub needs_restart: Vec<String>,
}

impl Shared {
    /// Reads the configuration again. Right, it is in force when this returns; wrong, the old one stays, and `status` says so until the file is mended.
    pub(crate) fn reload(&self) -> Result<Reloaded, String> {
        self.notifier.notify("RELOADING=1\n");
        let outcome = self.load_again();
        self.metrics.reload(outcome.is_ok());
        match &outcome {
            Ok(reloaded) => {
                self.set_reload_error(None);
                tracing::info!(changed = reloaded.changed.join(", "), "configuration reloaded");
                if !reloaded.needs_restart.is_empty() {
                    tracing::warn!(
                        keys = reloaded.needs_restart.join(", "),
                        "some changes need a restart to take effect"
                    );
                }
            }
            Err(error) => {
                self.set_reload_error(Some(error.clone()));
                tracing::error!(error, "the changed configuration is broken; the old one stays in force");
            }
        }
        self.notifier.notify("READY=1\n");
        outcome
    }

    fn load_again(&self) -> Result<Reloaded, String> {
        let (old, mut new) = (self.config(), (self.loader)()?);
        let (ours, theirs) = (old.store.token.server_id(), new.store.token.server_id());
        if ours != theirs {
            return Err(format!(
                "store.token_file: the token belongs to server {theirs}, the journal to server {ours}; use a token of that server, or another state_dir and a restart"
            ));
        }
        let needs_restart = keep_what_needs_a_restart(&old, &mut new);
        let changed = changes(&old, &new);
        if !changed.is_empty() {
            self.live.replace(new);
            self.wake_game.notify_one(); // it looks whether its connection is still the right one
        }
        Ok(Reloaded { changed, needs_restart })
    }
}

/// What is opened once at the start stays as it is.
fn keep_what_needs_a_restart(old: &Config, new: &mut Config) -> Vec<String> {
    let mut keys = Vec::new();
    let mut keep = |key: &str, changed: bool| {
        if changed {
            keys.push(key.to_owned());
        }
    };
    keep("store.url", old.store.url != new.store.url);
    keep("store.hub_path", old.store.hub_path != new.store.hub_path);
    keep("store.api_path", old.store.api_path != new.store.api_path);
    keep("store.ca_file", old.store.ca_file != new.store.ca_file);
    keep("state_dir", old.state_dir != new.state_dir);
    keep("runtime_dir", old.runtime_dir != new.runtime_dir);
    keep("log.format", old.log.format != new.log.format);
    keep("metrics.listen", old.metrics.listen != new.metrics.listen);
    new.store = Store { token: new.store.token.clone(), ..old.store.clone() };
    new.state_dir.clone_from(&old.state_dir);
    new.runtime_dir.clone_from(&old.runtime_dir);
    new.log.format = old.log.format;
    new.metrics = old.metrics.clone();
    keys
}

fn changes(old: &Config, new: &Config) -> Vec<String> {
    // No secret is in a Debug text; two that look alike are told apart by themselves.
    let differ = |old: &dyn Debug, new: &dyn Debug| format!("{old:?}") != format!("{new:?}");
    let token = |config: &Config| config.store.token.expose().expose_secret().to_owned();
    let found = [
        ("store.token", token(old) != token(new)),
        ("rcon", !old.rcon.is_same(&new.rcon)),
        ("presence", differ(&old.presence, &new.presence)),
        ("players", differ(&old.players, &new.players)),
        ("policy", differ(&old.policy, &new.policy)),
        ("delivery", differ(&old.delivery, &new.delivery)),
        ("polling", differ(&old.polling, &new.polling)),
        ("log.level", old.log.level != new.log.level),
    ];
    found.into_iter().filter(|(_, changed)| *changed).map(|(key, _)| key.to_owned()).collect()
}
