//! The `check` command: the config with the sources of its secrets, and the database.

use super::{CliError, print, print_json};
use crate::config::Config;
use flux_storage::Db;
use flux_terminal::{Tone, paint};
use serde_json::json;
use std::path::Path;

/// Checks what the config refers to. A damaged or missing database is an error.
pub(super) fn run(path: &Path, config: &Config, json: bool) -> Result<(), CliError> {
    let mut checks = vec![("config", false, path.display().to_string())];
    checks.extend(config.secrets.iter().map(|secret| ("secret", secret.is_suspicious(), secret.to_string())));
    checks.extend(advice(config).into_iter().map(|(what, text)| (what, true, text)));
    Db::check(&config.database)?;
    checks.push(("database", false, format!("{} is undamaged", config.database.display())));
    if json {
        let row = |(what, warning, text): &(&str, bool, String)| json!({"what": what, "ok": true, "warning": warning, "text": text});
        return print_json(&checks.iter().map(row).collect::<Vec<_>>());
    }
    checks.iter().try_for_each(|(what, is_warning, text)| {
        let word = if *is_warning { paint(Tone::Warning, "warn  ") } else { paint(Tone::Good, "ok    ") };
        print(&format!("{what:<10} {word} {text}"))
    })
}

/// Warnings about settings that work, but not as an admin would want: those that are not safe, and others.
fn advice(config: &Config) -> Vec<(&'static str, String)> {
    let mut advice: Vec<_> = config.risks().into_iter().map(|risk| (risk.what, risk.text)).collect();
    if !config.store.has_home {
        let text = "neither store.home_url nor public_url is set: referral links lead to this machine's own address";
        advice.push(("home", text.to_owned()));
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::advice;
    use crate::config::Config;
    use flux_config::{ConfigFile, SecretSources};

    fn advised(text: &str) -> Vec<&'static str> {
        let file = ConfigFile { path: "companion.yml".into(), text: text.to_owned(), mode: 0o600 };
        let config = Config::parse(&file, &SecretSources::default()).unwrap();
        advice(&config).into_iter().map(|(what, _)| what).collect()
    }

    #[test]
    fn what_an_admin_would_not_want_is_named() {
        assert_eq!(advised("listen: 0.0.0.0:8787\n"), ["listen", "home"]);
        assert_eq!(advised("listen: '[::]:8787'\npublic_url: https://store.example.com\n"), ["listen"]);
        let webhook = |url: &str| format!("webhook: {{url: '{url}', secret: {}}}\n", "x".repeat(32));
        assert_eq!(advised(&webhook("http://shop.example.com/hook")), ["webhook", "home"]);
        let home = "store: {home_url: 'https://shop.example.com/'}\n";
        assert!(advised(&(webhook("https://shop.example.com/hook") + home)).is_empty());
    }
}
