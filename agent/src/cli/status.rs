//! `status`: the daemon's state, once or again and again.

use super::Daemon;
use super::output::{fail, print, print_json};
use crate::control::{Request, Status};
use crate::limits::WATCH_INTERVAL;
use flux_config::exit_code::ExitCode;
use flux_terminal::{print_over, terminal_width};
use std::path::Path;

pub(super) fn run(path: &Path, json: bool) -> Result<ExitCode, ExitCode> {
    let status: Status = Daemon::of(path).request(&Request::Status)?;
    if json {
        return Ok(print_json(&status));
    }
    print(status.text(terminal_width()));
    Ok(ExitCode::Done)
}

/// Shows the state until Ctrl-C, also while the daemon restarts. On a terminal each state replaces the last one.
pub(super) fn watch(path: &Path) -> Result<ExitCode, ExitCode> {
    let daemon = Daemon::of(path);
    super::block_on(async {
        loop {
            let width = terminal_width();
            let text = match daemon.ask::<Status>(&Request::Status) {
                Ok(status) => status.text(width),
                Err(error) => error.to_string(),
            };
            if width.is_some() {
                print_over(text);
            } else {
                print(text + "\n");
            }
            tokio::select! { biased;
                ended = tokio::signal::ctrl_c() => {
                    return ended.map(|()| ExitCode::Done).map_err(|error| fail(&error, ExitCode::Internal));
                }
                () = tokio::time::sleep(WATCH_INTERVAL) => {}
            }
        }
    })?
}
