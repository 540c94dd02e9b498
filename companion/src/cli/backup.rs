use super::{CliError, print};
use crate::config::Config;
use crate::services::{Audit, commands};
use flux_shop::Actor;
use flux_storage::Db;
use std::path::Path;

/// Copies the database, also while it is served.
pub(super) fn backup(config: &Config, to: &Path) -> Result<(), CliError> {
    Db::backup(&config.database, to)?;
    print(&format!("{} is a whole copy of {}", to.display(), config.database.display()))
}

/// Puts a backup in the database's place.
pub(super) fn restore(config: &Config, from: &Path) -> Result<(), CliError> {
    let by = Audit { actor: Actor::cli() };
    let open = Db::restore(&config.database, from, |tx| commands::restored(tx, &by))?;
    print(&format!(
        "restored {}; {open} commands are open. Start the companion, then let the storefront send its orders since the backup again: nothing runs twice",
        config.database.display()
    ))
}
