use super::{CliError, print};
use crate::config::Config;
use crate::services::{Audit, commands};
use flux_platform::{Clock, SystemClock};
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
    let by = Audit { actor: Actor::cli(), now: SystemClock.now() };
    let mut open = 0;
    Db::restore(&config.database, from, |tx| {
        open = commands::restored(tx, &by)?;
        Ok(())
    })?;
    print(&format!(
        "restored {}; {open} commands are open. Start the companion, then let the storefront send its orders since the backup again: nothing runs twice",
        config.database.display()
    ))
}
