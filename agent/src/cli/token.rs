//! `token set`: replaces the store's token after testing it at the store.

use super::output::{fail, print};
use super::{block_on, load, store};
use crate::config::{Config, token_file};
use crate::control::{Request, Status};
use crate::upstream::{RestError, negotiate};
use flux_config::exit_code::ExitCode;
use flux_protocol::ServerToken;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

const TOKEN_BYTES: u64 = 4 * 1024;

/// Writes the new token before testing it, since the test loads the whole configuration. Restores the old token if the test fails.
pub(super) fn set(path: &Path) -> Result<ExitCode, ExitCode> {
    let no_token = "this is not a token; a token looks like srv_xxxxxxxxxxxx.yyyyyyyy… (the store shows it once)";
    let text = read().map_err(|error| fail(&error, ExitCode::Failed))?;
    ServerToken::parse(text.trim()).map_err(|_| fail(&no_token, ExitCode::Failed))?;
    let file = match token_file(path).map_err(|error| fail(&error, ExitCode::Config))? {
        Some(file) => file,
        None => return Err(fail(&NO_FILE, ExitCode::Config)),
    };
    let old = std::fs::read_to_string(&file).ok();
    write(&file, text.trim())?;
    match test_token(path) {
        Ok(config) => {
            print(format!("the store accepts the token; written to {}", file.display()));
            match super::ask_daemon::<Status>(&config, &Request::Status) {
                Ok(_) => store::tell_daemon(&config, false),
                Err(_) => Ok(ExitCode::Done),
            }
        }
        Err(exit) => {
            match old {
                Some(old) => write(&file, &old)?,
                None => std::fs::remove_file(&file).map_err(|error| fail(&error, ExitCode::Failed))?,
            }
            Err(exit)
        }
    }
}

const NO_FILE: &str = "store.token_file is not set: the token comes from the config itself, a systemd credential or the environment. Change it there; \
     a changed credential or variable needs a restart";

fn test_token(path: &Path) -> Result<Config, ExitCode> {
    let config = load(path)?;
    match block_on(negotiate(&config.store))? {
        Ok(_) => Ok(config),
        Err(error @ RestError::Status { status: 401 | 403, .. }) => {
            Err(fail(&format!("{error}: the store does not know this token; keeping the old one"), ExitCode::Failed))
        }
        Err(error) => Err(fail(&format!("{error}; keeping the old token"), ExitCode::Unreachable)),
    }
}

/// Reads a token from stdin. At a terminal, prompts for it and turns off the echo.
fn read() -> io::Result<String> {
    let mut text = String::new();
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        stdin.take(TOKEN_BYTES).read_to_string(&mut text)?;
        return Ok(text);
    }
    let shown = tcgetattr(&stdin)?;
    let mut hidden = shown.clone();
    hidden.local_modes -= LocalModes::ECHO;
    write!(io::stderr(), "New token (not shown): ")?;
    tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
    let outcome = stdin.read_line(&mut text);
    tcsetattr(&stdin, OptionalActions::Flush, &shown)?;
    writeln!(io::stderr())?;
    outcome.map(|_| text)
}

/// Replaces the file atomically, with the old file's owner and mode: a reader sees either the old token or the new one.
fn write(file: &Path, token: &str) -> Result<(), ExitCode> {
    let failed = |error: io::Error| {
        let exit =
            if error.kind() == io::ErrorKind::PermissionDenied { ExitCode::Permission } else { ExitCode::CannotCreate };
        fail(&format!("cannot write {}: {error}", file.display()), exit)
    };
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let place = || -> io::Result<()> {
        // An existing file is left over from an earlier try, or a planted link: never write to it.
        let _ = std::fs::remove_file(&beside);
        let mut new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        if let Ok(old) = File::open(file).and_then(|old| old.metadata()) {
            fchown(&new, Some(old.uid()), Some(old.gid()))?;
            new.set_permissions(std::fs::Permissions::from_mode(old.mode() & 0o7777))?;
        }
        new.write_all(token.trim_end().as_bytes())?;
        new.write_all(b"\n")?;
        new.sync_all()?;
        std::fs::rename(&beside, file)
    };
    place().map_err(|error| {
        // Remove the useless rest; the first error is the one to report.
        let _ = std::fs::remove_file(&beside);
        failed(error)
    })
}
