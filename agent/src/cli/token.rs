//! `token set`: replaces the store's token after the store has confirmed the new one.

use super::output::{fail, print};
use super::{Daemon, block_on, load, mask_token, store};
use crate::config::{Directories, TokenTarget};
use crate::control::{Request, Status};
use crate::journal::{Journal, JournalError};
use crate::upstream::{ProbeError, call_api, open_session};
use flux_config::exit_code::ExitCode;
use flux_config::read_secret;
use flux_platform::open_regular;
use flux_protocol::ServerToken;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use secrecy::ExposeSecret;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

const TOKEN_BYTES: u64 = 4 * 1024;

/// Tests the new token, then writes it. Nothing is written unless the token belongs to the journal's server and the store has
/// confirmed it. Mistakes elsewhere in the config do not matter until then.
pub(super) fn set(path: &Path) -> Result<ExitCode, ExitCode> {
    let no_token = "this is not a token; a token looks like srv_xxxxxxxxxxxx.yyyyyyyy… (the store shows it once)";
    let text = read().map_err(|error| fail(&error, ExitCode::Failed))?;
    let line = read_secret(&text).map_err(|error| fail(&format!("the input {error}"), ExitCode::Failed))?;
    if line.is_padded {
        fail(&"the token has blanks around it, which are dropped", ExitCode::Done);
    }
    let text = line.value.expose_secret().trim();
    let token = ServerToken::parse(text).map_err(|_| fail(&no_token, ExitCode::Failed))?;
    mask_token(&token);
    let target = TokenTarget::read(path, token, &Directories::from_process(path)).map_err(|error| {
        fail(&error, error.exit_code());
        not_written(&"correct this first", error.exit_code())
    })?;
    let Some(file) = &target.file else { return Err(fail(&NO_FILE, ExitCode::Config)) };
    mask_old(file);
    let daemon = Daemon::of(path);
    let status: Option<Status> = daemon.ask(&Request::Status).ok();
    is_for_this_journal(&target, status.as_ref())?;
    confirm(&target)?;
    write(file, text)?;
    print(format!("written to {}", file.display()));
    if status.is_some() {
        return store::reload_daemon(&daemon, false);
    }
    // The daemon is not running: say now what would keep it from starting.
    load(path).map(|_| ExitCode::Done)
}

const NO_FILE: &str = "store.token_file is not set: the token comes from the config itself, a systemd credential or the environment. Change it there; \
     a changed credential or variable needs a restart";

/// Masks the token that is being replaced in all output: a store may know it.
fn mask_old(file: &Path) {
    let mut text = String::new();
    let read = |file: File| file.take(TOKEN_BYTES).read_to_string(&mut text);
    // There may be none, or none that is one.
    let _ = open_regular(file).map(|file| file.map(read));
    if let Ok(token) = ServerToken::parse(text.trim()) {
        mask_token(&token);
    }
}

fn not_written(why: &dyn std::fmt::Display, exit: ExitCode) -> ExitCode {
    let hint = "nothing was written, the old token stays. A token that was just made has replaced it at the store: make another one and try again";
    fail(&format!("{why}; {hint}"), exit)
}

/// Refuses the token of another server than the journal's.
fn is_for_this_journal(target: &TokenTarget, status: Option<&Status>) -> Result<(), ExitCode> {
    let server = target.store.token.server_id();
    let journal = match status {
        Some(status) => Some(status.store.server_id.clone()).filter(|journal| journal != server.as_str()),
        None => match Journal::inspect(&target.state_dir, server) {
            Err(JournalError::OtherServer { journal, .. }) => Some(journal),
            // A journal that cannot be read is no reason to refuse a token; `check` shows it.
            _ => None,
        },
    };
    let Some(journal) = journal else { return Ok(()) };
    let why = format!(
        "this token belongs to server {server}, but the journal in {} to server {journal}: make a token of {journal}",
        target.state_dir.display()
    );
    Err(not_written(&why, ExitCode::Config))
}

/// Lets the store confirm the token: by a session, or over REST where a proxy passes no WebSockets.
fn confirm(target: &TokenTarget) -> Result<(), ExitCode> {
    let store = &target.store;
    let confirmed = match block_on(open_session(store))? {
        Err(ProbeError::NoWebSockets(text)) => {
            fail(&format!("{text}; the agent only polls until then"), ExitCode::Done);
            block_on(call_api(store))?.map(drop)
        }
        other => other,
    };
    match confirmed {
        Ok(()) => {
            print(format!("{} accepts the token of {}", store.url, store.token.server_id()));
            Ok(())
        }
        Err(error @ ProbeError::TokenRejected(_)) => Err(not_written(&error, ExitCode::Failed)),
        Err(error) => Err(not_written(&error, ExitCode::Unreachable)),
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
        } else if new.metadata()?.uid() == 0 {
            // The first token, written by root: the directory's group is the daemon's.
            let group = file.parent().and_then(|folder| folder.metadata().ok()).map(|folder| folder.gid());
            fchown(&new, None, group)?;
            new.set_permissions(std::fs::Permissions::from_mode(0o640))?;
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
