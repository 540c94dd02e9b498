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

/// The new token is in the file while it is tried, since the whole configuration is checked with it; the old one is put back when it is no good.
pub(super) fn set(path: &Path) -> Result<ExitCode, ExitCode> {
    let no_token = "this is no token; a token looks like srv_xxxxxxxxxxxx.yyyyyyyy… as the store showed it once";
    let text = read().map_err(|error| fail(&error, ExitCode::Failed))?;
    ServerToken::parse(text.trim()).map_err(|_| fail(&no_token, ExitCode::Failed))?;
    let file = match token_file(path).map_err(|error| fail(&error, ExitCode::Config))? {
        Some(file) => file,
        None => return Err(fail(&NO_FILE, ExitCode::Config)),
    };
    let old = std::fs::read_to_string(&file).ok();
    write(&file, text.trim())?;
    match try_out(path) {
        Ok(config) => {
            print(format!("the store takes the token; written to {}", file.display()));
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
     a credential or a variable needs a restart";

fn try_out(path: &Path) -> Result<Config, ExitCode> {
    let config = load(path)?;
    match block_on(negotiate(&config.store))? {
        Ok(_) => Ok(config),
        Err(error @ RestError::Status { status: 401 | 403, .. }) => {
            Err(fail(&format!("{error}: the store does not know this token; the old one is kept"), ExitCode::Failed))
        }
        Err(error) => Err(fail(&format!("{error}; the old token is kept"), ExitCode::Unreachable)),
    }
}

/// From stdin; at a terminal after a prompt, unseen.
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
    write!(io::stderr(), "New token (it is not shown): ")?;
    tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
    let outcome = stdin.read_line(&mut text);
    tcsetattr(&stdin, OptionalActions::Flush, &shown)?;
    writeln!(io::stderr())?;
    outcome.map(|_| text)
}

/// Written beside it and moved into its place, with the old file's owner and mode: a reader sees the old token or the new one.
fn write(file: &Path, token: &str) -> Result<(), ExitCode> {
    let failed = |error: io::Error| {
        let exit =
            if error.kind() == io::ErrorKind::PermissionDenied { ExitCode::Permission } else { ExitCode::CannotCreate };
        fail(&format!("cannot write {}: {error}", file.display()), exit)
    };
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let place = || -> io::Result<()> {
        // One that is there is what a try before has left, or a link that somebody has laid: it is never written to.
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
        // What is left of it is of no use; the error that counts is the first.
        let _ = std::fs::remove_file(&beside);
        failed(error)
    })
}
