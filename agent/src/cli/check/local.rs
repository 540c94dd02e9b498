//! Checks this machine: directories, disk, journal, daemon, and the game's log.

use super::Check;
use crate::cli::{Daemon, run};
use crate::config::Config;
use crate::control::{JournalStatus, Request, Status};
use crate::journal::Journal;
use crate::limits::DISK_FREE_BYTES;
use flux_config::exit_code::ExitCode;
use flux_platform::{disk_space, open_regular};
use rustix::fs::{Access, access};
use std::path::Path;

/// Checks the directories, the journal and the daemon.
pub(super) fn checks(config: &Config, daemon: &Daemon<'_>) -> Vec<Check> {
    let running = daemon.ask::<Status>(&Request::Status);
    let server = config.store.token.server_id().as_str();
    let journal = match &running {
        Ok(status) if status.store.server_id != server => Check::of(
            "journal",
            ExitCode::Config,
            Err(format!(
                "the token belongs to server {server}, the running daemon's journal to server {}; use a token of that server",
                status.store.server_id
            )),
        ),
        Ok(Status { journal: JournalStatus { error: Some(error), .. }, .. }) => {
            Check::of("journal", ExitCode::Failed, Err(format!("the daemon cannot use it: {error}")))
        }
        Ok(status) => Check::of(
            "journal",
            ExitCode::Damaged,
            Ok(format!("open in the daemon; unacknowledged reports: {}", status.journal.unreported)),
        ),
        Err(_) => match Journal::inspect(&config.state_dir, config.store.token.server_id()) {
            Ok(true) => Check::of("journal", ExitCode::Damaged, Ok("undamaged, and belongs to this server".into())),
            Ok(false) => Check::of("journal", ExitCode::Damaged, Ok("none yet; the first start creates it".into())),
            Err(error) => Check::of("journal", run::exit_of(&error), Err(error.to_string())),
        },
    };
    vec![
        Check::of("state", ExitCode::Permission, writable(&config.state_dir, "state_dir")),
        Check::of("runtime", ExitCode::Permission, writable(&config.runtime_dir, "runtime_dir")),
        journal,
        free_space(config),
        Check::of(
            "daemon",
            ExitCode::Unreachable,
            Ok(running.map_or_else(|_| "not running".into(), |status| format!("running, {}", status.version))),
        ),
    ]
}

/// Checks that this user can write to the directory, or create it.
fn writable(directory: &Path, key: &str) -> Result<String, String> {
    let existing = directory.ancestors().find(|path| path.exists()).unwrap_or(directory);
    match access(existing, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) if existing == directory => Ok(directory.display().to_string()),
        Ok(()) => Ok(format!("{} does not exist yet; the first start creates it", directory.display())),
        Err(error) => Err(format!(
            "this user cannot write to {} ({error}); run this as the agent's user, run chown flux-agent {}, or set {key}",
            existing.display(),
            directory.display()
        )),
    }
}

/// Checks that the journal has room to grow.
fn free_space(config: &Config) -> Check {
    let directory = config.state_dir.as_path();
    let existing = directory.ancestors().find(|path| path.exists()).unwrap_or(directory);
    let disk = match disk_space(existing) {
        Ok(disk) => disk,
        Err(error) => return Check::of("disk", ExitCode::Failed, Err(format!("{}: {error}", existing.display()))),
    };
    let text = format!("{} MiB free for {}", disk.free / (1024 * 1024), directory.display());
    if disk.free < DISK_FREE_BYTES {
        let advice = "make room, or the agent accepts and runs nothing";
        return Check::of("disk", ExitCode::Failed, Err(format!("{text}; {advice}")));
    }
    match config.journal.shortage_of(disk) {
        Some(shortage) => Check::warning("disk", format!("{text}; {shortage}")),
        None => Check::of("disk", ExitCode::Failed, Ok(text)),
    }
}

/// Checks that the game's log can be followed.
pub(super) fn game_log(path: &Path) -> Result<String, String> {
    let advice = "let the agent's user read it, correct presence.log_file, or remove it: joins are then seen in the player list only";
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}; {advice}", path.display());
    match open_regular(path) {
        Ok(Some(_)) => Ok(format!("{} can be read", path.display())),
        Ok(None) => Err(failed(&"it is not a file")),
        Err(error) => Err(failed(&error)),
    }
}
