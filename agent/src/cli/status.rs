use super::Daemon;
use super::output::{print, print_json};
use crate::control::{Request, Status};
use flux_config::exit_code::ExitCode;
use std::path::Path;

pub(super) fn run(path: &Path, json: bool) -> Result<ExitCode, ExitCode> {
    let status: Status = Daemon::of(path).request(&Request::Status)?;
    if json {
        return Ok(print_json(&status));
    }
    print(status);
    Ok(ExitCode::Done)
}
