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
