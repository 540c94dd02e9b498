//! The `backup` and `restore` commands.

use super::{CliError, print};
use crate::config::Config;
use crate::services::{Audit, commands};
use flux_platform::{Clock, SystemClock};
use flux_shop::Actor;
use flux_storage::{Db, Restored};
use flux_terminal::note;
use std::path::Path;

/// Copies the database, also while it is served.
pub(super) fn backup(config: &Config, to: &Path) -> Result<(), CliError> {
    note(&format!("copying {} ({})", config.database.display(), size(&config.database)));
    Db::backup(&config.database, to)?;
    print(&format!("{} is a complete copy of {} ({})", to.display(), config.database.display(), size(to)))
}

/// Puts a backup in the database's place.
pub(super) fn restore(config: &Config, from: &Path) -> Result<(), CliError> {
    let by = Audit { actor: Actor::cli() };
    note(&format!("restoring {} ({})", from.display(), size(from)));
    let label = SystemClock.now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let restored = Db::restore(&config.database, from, &label, |tx| commands::restored(tx, &by))?;
    let Restored { done: open, kept } = restored;
    let kept = kept.map_or_else(String::new, |kept| format!("The database that was there is now {}\n", kept.display()));
    print(&format!(
        "restored {}; {open} commands are open\n{kept}Next: start the companion, then let the storefront send its orders since the backup again: nothing runs twice",
        config.database.display()
    ))
}

/// A file's size for people.
fn size(path: &Path) -> String {
    let bytes = path.metadata().map_or(0, |file| file.len());
    let tenths_of_mib = bytes * 10 / (1024 * 1024);
    format!("{}.{} MiB", tenths_of_mib / 10, tenths_of_mib % 10)
}
