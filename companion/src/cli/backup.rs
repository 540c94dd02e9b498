//! The `backup` and `restore` commands.

use super::{CliError, print};
use crate::config::Config;
use crate::limits::LOGGED_IDS;
use crate::services::Audit;
use crate::services::restores::{self, Restore};
use flux_platform::{Clock, SystemClock};
use flux_shop::Actor;
use flux_storage::{Db, Restored};
use flux_terminal::{LocalTime, note};
use std::fmt::Display;
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
    let restored = Db::restore(&config.database, from, &label, |tx| restores::restored(tx, &by))?;
    print(&told(&config.database, &restored, &LocalTime::of_this_machine()))
}

/// The result of a restore, what the database cannot know, and what to do next.
fn told(database: &Path, restored: &Restored<Restore>, local: &LocalTime) -> String {
    let Restored { done: Restore { open_commands, servers, keys, known_until }, kept } = restored;
    let mut text = format!("restored {}; {open_commands} commands are open\n", database.display());
    if let Some(kept) = kept {
        text += &format!("The database that was there is now {}\n", kept.display());
    }
    let since = known_until.map_or_else(|| "its beginning".to_owned(), |until| local.seconds(until));
    text += &format!(
        "\nThe backup's last event is of {since}. It does not know what came later:\n\
         - Tokens and API keys are those of that time: one that was replaced or revoked since works again.\n\
         {}{}\
         - Points and codes that were used since are unused.\n\
         - Mails and webhook calls of the time since may go out twice.\n\n\
         Next:\n\
         1. Start the companion.\n\
         2. Let the storefront send again what it has sent since {since}: orders, refunds, spends, redemptions and\n   \
            registrations. Nothing runs twice.",
        replacing("tokens", "flux-companion server token ID", servers),
        replacing("keys", "flux-companion key revoke NAME, then key add", keys),
    );
    text
}

/// The way to replace all secrets of a kind, if there are any.
fn replacing(secrets: &str, command: &str, of: &[impl Display]) -> String {
    let named: Vec<_> = of.iter().take(LOGGED_IDS).map(ToString::to_string).collect();
    let more = if of.len() > named.len() { ", …" } else { "" };
    match of.len() {
        0 => String::new(),
        count => format!("  To replace all {secrets} ({count}): {command}: {}{more}\n", named.join(", ")),
    }
}

/// A file's size for people.
fn size(path: &Path) -> String {
    let bytes = path.metadata().map_or(0, |file| file.len());
    let tenths_of_mib = bytes * 10 / (1024 * 1024);
    format!("{}.{} MiB", tenths_of_mib / 10, tenths_of_mib % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn restore_says_what_it_cannot_know_and_what_to_do() {
        let servers = ["srv_abcdefghij12", "srv_abcdefghij13"].map(|id| id.parse().unwrap()).to_vec();
        let keys = vec!["shop".to_owned()];
        let done = Restore { open_commands: 3, servers, keys, known_until: Some(Timestamp::UNIX_EPOCH) };
        let restored = Restored { done, kept: Some("/db.before-restore-1".into()) };
        let local = LocalTime::of_this_machine();
        let text = told(Path::new("/db"), &restored, &local);
        for part in [
            "restored /db; 3 commands are open\nThe database that was there is now /db.before-restore-1\n",
            &format!("last event is of {}.", local.seconds(Timestamp::UNIX_EPOCH)),
            "  To replace all tokens (2): flux-companion server token ID: srv_abcdefghij12, srv_abcdefghij13\n",
            "  To replace all keys (1): flux-companion key revoke NAME, then key add: shop\n",
            "Points and codes",
            "may go out twice",
            "orders, refunds, spends, redemptions and\n   registrations.",
        ] {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
    }

    #[test]
    fn empty_backup_has_nothing_to_replace() {
        let done = Restore { open_commands: 0, servers: vec![], keys: vec![], known_until: None };
        let text = told(Path::new("/db"), &Restored { done, kept: None }, &LocalTime::of_this_machine());
        assert!(!text.contains("To replace") && !text.contains("is now"), "{text}");
    }
}
