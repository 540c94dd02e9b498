//! SIGHUP: the file is read again, and checked whole first. What it changes of the log's level is in force at once;
//! anything else needs a restart, which the companion is made for: what was acknowledged is on disk, agents come back.

use crate::config::Config;
use crate::telemetry::Level;
use secrecy::ExposeSecret;
use std::path::Path;

/// Reads the file again. With mistakes in it, everything stays as it is.
pub(crate) fn reload(path: &Path, running: &Config, level: &Level) {
    match Config::load(path) {
        Err(error) => {
            tracing::error!(error = %error, "the changed config has mistakes; the old one stays in force");
        }
        Ok(changed) => {
            level.set(changed.log.level);
            let keys = need_restart(running, &changed);
            tracing::info!(log.level = %changed.log.level, "config read again");
            if !keys.is_empty() {
                tracing::warn!(keys = keys.join(", "), "some changes need a restart to take effect");
            }
        }
    }
}

/// The keys that differ and are read at the start alone.
fn need_restart(running: &Config, changed: &Config) -> Vec<&'static str> {
    let text = |value: &dyn std::fmt::Debug| format!("{value:?}");
    let secret = |config: &Config| {
        let webhook = config.webhook.as_ref().map(|webhook| webhook.secret.expose_secret().to_owned());
        let mail = config.mail.as_ref().and_then(|mail| mail.login.as_ref());
        (webhook, mail.map(|(_, password)| password.expose_secret().to_owned()))
    };
    let (old, new) = (secret(running), secret(changed));
    let differs = [
        ("listen", running.listen != changed.listen),
        ("public_url", running.public_url != changed.public_url),
        ("database", running.database != changed.database),
        ("store", text(&running.store) != text(&changed.store)),
        ("mail", text(&running.mail) != text(&changed.mail) || old.1 != new.1),
        ("webhook", text(&running.webhook) != text(&changed.webhook) || old.0 != new.0),
        ("limits", text(&running.limits) != text(&changed.limits)),
        ("log.format", running.log.format != changed.log.format),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
}
