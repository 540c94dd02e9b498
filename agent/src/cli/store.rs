use super::Daemon;
use super::output::{print, print_json};
use crate::control::Request;
use crate::reload::ReloadOutcome;
use flux_config::exit_code::ExitCode;
use std::path::Path;

pub(super) fn poll(path: &Path, json: bool) -> Result<ExitCode, ExitCode> {
    let items: usize = Daemon::of(path).request(&Request::Poll)?;
    if json {
        return Ok(print_json(&serde_json::json!({"items": items})));
    }
    print(format!("the store answered; items received: {items}"));
    Ok(ExitCode::Done)
}

/// Makes the daemon reload its config, and prints what changed or what is wrong.
pub(super) fn reload(path: &Path, json: bool) -> Result<ExitCode, ExitCode> {
    reload_daemon(&Daemon::of(path), json)
}

pub(super) fn reload_daemon(daemon: &Daemon<'_>, json: bool) -> Result<ExitCode, ExitCode> {
    let reloaded: ReloadOutcome = daemon.request(&Request::Reload)?;
    if json {
        return Ok(print_json(&reloaded));
    }
    match reloaded.changed.as_slice() {
        [] => print("no changes"),
        changed => print(format!("in force now: {}", changed.join(", "))),
    }
    if !reloaded.needs_restart.is_empty() {
        print(format!("needs a restart: {}", reloaded.needs_restart.join(", ")));
    }
    Ok(ExitCode::Done)
}
