//! SIGHUP: reads the config file again. The log level takes effect at once; every other change needs a restart, which is
//! cheap: everything acknowledged is on disk, and agents reconnect.

use crate::config::{Config, Mail, Webhook};
use flux_terminal::log::Levels;
use secrecy::ExposeSecret;
use std::path::Path;

/// Reads the file again. If it is invalid, the running config stays in force.
pub(crate) fn reload(path: &Path, running: &Config, level: &Levels) {
    match Config::load(path) {
        Err(error) => {
            tracing::error!(error = %error, "failed to reload the configuration; the old one stays in force");
        }
        Ok(changed) => {
            level.set(changed.log.level);
            let keys = need_restart(running, &changed);
            tracing::info!(log.level = %changed.log.level, "configuration reloaded");
            if !keys.is_empty() {
                tracing::warn!(keys = keys.join(", "), "some changes need a restart to take effect");
            }
        }
    }
}

/// The keys that differ and are read only at start. The pattern names every section, so that the compiler rejects a new one
/// that is not compared here.
fn need_restart(running: &Config, changed: &Config) -> Vec<&'static str> {
    let Config { secrets: _, listen, public_url, database, store, mail, webhook, limits, metrics, log } = running;
    let text = |value: &dyn std::fmt::Debug| format!("{value:?}");
    // `Debug` hides secrets, so they are compared separately.
    let webhook_secret = |webhook: &Option<Webhook>| webhook.as_ref().map(|it| it.secret.expose_secret().to_owned());
    let mail_password = |mail: &Option<Mail>| {
        let login = mail.as_ref().and_then(|mail| mail.login.as_ref());
        login.map(|(_, password)| password.expose_secret().to_owned())
    };
    let mail_differs = text(mail) != text(&changed.mail) || mail_password(mail) != mail_password(&changed.mail);
    let webhook_differs =
        text(webhook) != text(&changed.webhook) || webhook_secret(webhook) != webhook_secret(&changed.webhook);
    let differs = [
        ("listen", *listen != changed.listen),
        ("public_url", *public_url != changed.public_url),
        ("database", *database != changed.database),
        ("store", text(store) != text(&changed.store)),
        ("mail", mail_differs),
        ("webhook", webhook_differs),
        ("limits", text(limits) != text(&changed.limits)),
        ("metrics.listen", metrics.listen != changed.metrics.listen),
        ("log.format", log.format != changed.log.format),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
}
