//! Reloads the configuration while the daemon runs.

use crate::config::{Config, Log, Metrics, Store};
use crate::state::Shared;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// The changes of a reload: keys, or whole sections.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReloadOutcome {
    /// Changes in force from now on.
    pub changed: Vec<String>,
    /// Changes in force after a restart.
    pub needs_restart: Vec<String>,
}

/// Reads the configuration again. If it is valid, it is in force when this returns.
///
/// # Errors
///
/// A text for the admin. The old configuration stays in force, and `status` shows the error until a reload succeeds.
pub(crate) fn reload(shared: &Shared) -> Result<ReloadOutcome, String> {
    shared.notifier.notify("RELOADING=1\n");
    let outcome = load(shared);
    shared.metrics.count_reload(outcome.is_ok());
    match &outcome {
        Ok(reloaded) => {
            shared.set_reload_error(None);
            tracing::info!(changed = reloaded.changed.join(", "), "configuration reloaded");
            if !reloaded.needs_restart.is_empty() {
                tracing::warn!(keys = reloaded.needs_restart.join(", "), "some changes need a restart to take effect");
            }
        }
        Err(error) => {
            shared.set_reload_error(Some(error.clone()));
            tracing::error!(error, "failed to reload the configuration; the old one stays in force");
        }
    }
    shared.notifier.notify("READY=1\n");
    outcome
}

fn load(shared: &Shared) -> Result<ReloadOutcome, String> {
    let (old, new) = (shared.config(), (shared.loader)()?);
    let (ours, theirs) = (old.store.token.server_id(), new.store.token.server_id());
    if ours != theirs {
        return Err(format!(
            "store.token_file: the token belongs to server {theirs}, the journal to server {ours}; use a token of that server, or another state_dir and a restart"
        ));
    }
    let (merged, outcome) = merge(&old, new);
    if !outcome.changed.is_empty() {
        shared.live.replace(merged);
        shared.wake_game.notify_one(); // the game loop checks whether it needs another connection
    }
    Ok(outcome)
}

/// The new configuration with the old values of everything that is opened once at the start.
///
/// The patterns name every field, so that the compiler rejects a new key that is not handled here.
fn merge(old: &Config, new: Config) -> (Config, ReloadOutcome) {
    let Config {
        path,
        secrets,
        store: Store { url, token, hub_path, api_path, ca_file },
        rcon,
        presence,
        players,
        policy,
        delivery,
        journal,
        polling,
        state_dir,
        runtime_dir,
        log: Log { level, format },
        metrics: Metrics { listen },
    } = new;
    let needs_restart = [
        ("store.url", url != old.store.url),
        ("store.hub_path", hub_path != old.store.hub_path),
        ("store.api_path", api_path != old.store.api_path),
        ("store.ca_file", ca_file != old.store.ca_file),
        ("state_dir", state_dir != old.state_dir),
        ("runtime_dir", runtime_dir != old.runtime_dir),
        ("log.format", format != old.log.format),
        ("metrics.listen", listen != old.metrics.listen),
    ];
    let changed = [
        ("store.token", token.expose().expose_secret() != old.store.token.expose().expose_secret()),
        ("rcon", !rcon.is_same(&old.rcon)),
        ("presence", differ(&presence, &old.presence)),
        ("players", differ(&players, &old.players)),
        ("policy", differ(&policy, &old.policy)),
        ("delivery", differ(&delivery, &old.delivery)),
        ("journal", journal != old.journal),
        ("polling", differ(&polling, &old.polling)),
        ("log.level", level != old.log.level),
    ];
    let merged = Config {
        path,
        secrets,
        store: Store { token, ..old.store.clone() },
        rcon,
        presence,
        players,
        policy,
        delivery,
        journal,
        polling,
        state_dir: old.state_dir.clone(),
        runtime_dir: old.runtime_dir.clone(),
        log: Log { level, format: old.log.format },
        metrics: old.metrics.clone(),
    };
    (merged, ReloadOutcome { changed: names(&changed), needs_restart: names(&needs_restart) })
}

/// Compares sections without secrets by their `Debug` text.
fn differ<T: Debug>(new: &T, old: &T) -> bool {
    format!("{new:?}") != format!("{old:?}")
}

fn names(keys: &[(&str, bool)]) -> Vec<String> {
    keys.iter().filter(|(_, differs)| *differs).map(|(key, _)| (*key).to_owned()).collect()
}
