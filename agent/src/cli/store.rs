use super::output::{print, print_json};
use super::{load, request_or_exit};
use crate::config::Config;
use crate::control::Request;
use crate::reload::ReloadOutcome;
use flux_config::exit_code::ExitCode;
use std::path::Path;

pub(super) fn poll(path: &Path) -> Result<ExitCode, ExitCode> {
    let items: usize = request_or_exit(&load(path)?, &Request::Poll)?;
    print(format!("the store answered; items received: {items}"));
    Ok(ExitCode::Done)
}

/// Makes the daemon reload its config. The config is checked here first, since it names the socket.
pub(super) fn reload(path: &Path, json: bool) -> Result<ExitCode, ExitCode> {
    tell_daemon(&load(path)?, json)
}

pub(super) fn tell_daemon(config: &Config, json: bool) -> Result<ExitCode, ExitCode> {
    let reloaded: ReloadOutcome = request_or_exit(config, &Request::Reload)?;
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
