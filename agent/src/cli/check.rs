//! `check`: tests the configuration and, with `--online`, everything that it refers to.

use super::game::{ask, dial, list_over};
use super::output::{fail, print, print_json};
use super::{Daemon, block_on, load};
use crate::config::{Config, ProofMode};
use crate::control::{JournalStatus, Request, Status};
use crate::game::{quote, unreadable_clock};
use crate::journal::Journal;
use crate::limits::{CLOCK_SKEW, DISK_FREE_BYTES};
use crate::upstream::{ProbeError, call_api, open_session};
use flux_config::SecretReport;
use flux_config::exit_code::ExitCode;
use flux_delivery::game_clock::{GAMETIME_QUERY, NAMESPACED_GAMETIME_QUERY, parse_gametime};
use flux_delivery::marker::{MarkerKey, parse_marker};
use flux_platform::{Clock, SystemClock};
use flux_rcon::Connection;
use flux_terminal::{Tone, labelled, paint, terminal_width};
use jiff::SignedDuration;
use rustix::fs::{Access, access, statvfs};
use serde::Serialize;
use std::fs::File;
use std::path::Path;

/// The result of one check, with advice if it failed.
#[derive(Debug, Serialize)]
struct Check {
    what: &'static str,
    ok: bool,
    /// Nothing fails, but an admin should look at it.
    warning: bool,
    text: String,
    #[serde(skip)]
    exit: ExitCode,
}

impl Check {
    fn of(what: &'static str, exit: ExitCode, outcome: Result<String, String>) -> Check {
        let (ok, text) = match outcome {
            Ok(text) => (true, text),
            Err(text) => (false, text),
        };
        Check { what, ok, warning: false, text, exit }
    }

    fn warning(what: &'static str, text: String) -> Check {
        Check { what, ok: true, warning: true, text, exit: ExitCode::Done }
    }

    fn word(&self) -> String {
        match self {
            Check { ok: false, .. } => paint(Tone::Bad, "FAILED"),
            Check { warning: true, .. } => paint(Tone::Warning, "warn  "),
            _ => paint(Tone::Good, "ok    "),
        }
    }
}

pub(super) fn run(path: &Path, online: bool, json: bool) -> Result<ExitCode, ExitCode> {
    let config = load(path)?;
    let mut checks = vec![Check::of("config", ExitCode::Config, Ok(path.display().to_string()))];
    checks.extend(config.secrets.iter().map(secret));
    if online {
        checks.extend(local(&config, &Daemon::of(path)));
        checks.extend(
            config.presence.log_file.as_deref().map(|path| Check::of("game log", ExitCode::Failed, game_log(path))),
        );
        checks.extend(block_on(game(&config))?);
        checks.extend(block_on(store(&config))?);
    }
    // The first failed check decides the exit code.
    let exit = checks.iter().find(|check| !check.ok).map_or(ExitCode::Done, |check| check.exit);
    if json {
        print_json(&checks);
        return Ok(exit);
    }
    for check in &checks {
        // The label and the result take 17 columns; the text hangs below itself.
        let label = format!("{:<10} {}", check.what, check.word());
        let text = labelled("", LABEL_COLUMNS, check.text.trim(), terminal_width());
        print(format!("{label} {}", text.trim_start()));
    }
    if exit != ExitCode::Done {
        fail(&"some checks failed", exit);
    } else if online {
        print(next_step(&checks));
    }
    Ok(exit)
}

/// Columns of a check's name and result.
const LABEL_COLUMNS: usize = 17;

fn secret(report: &SecretReport) -> Check {
    let text = report.to_string();
    if report.is_suspicious() {
        Check::warning("secret", text)
    } else {
        Check::of("secret", ExitCode::Config, Ok(text))
    }
}

fn next_step(checks: &[Check]) -> &'static str {
    let is_running = checks.iter().any(|check| check.what == "daemon" && check.text.starts_with("running"));
    if is_running {
        "All is well. Next: flux-agent status shows what the daemon does"
    } else {
        "All is well. Next: systemctl enable --now flux-agent (or flux-agent run), then flux-agent status"
    }
}

/// Checks the directories, the journal and the daemon.
fn local(config: &Config, daemon: &Daemon<'_>) -> Vec<Check> {
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
            Err(error) => Check::of("journal", super::run::exit_of(&error), Err(error.to_string())),
        },
    };
    vec![
        Check::of("state", ExitCode::Permission, writable(&config.state_dir, "state_dir")),
        Check::of("runtime", ExitCode::Permission, writable(&config.runtime_dir, "runtime_dir")),
        journal,
        Check::of("disk", ExitCode::Failed, free_space(&config.state_dir)),
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
fn free_space(directory: &Path) -> Result<String, String> {
    let existing = directory.ancestors().find(|path| path.exists()).unwrap_or(directory);
    let disk = statvfs(existing).map_err(|error| format!("{}: {error}", existing.display()))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let text = format!("{} MiB free for {}", free / (1024 * 1024), directory.display());
    if free < DISK_FREE_BYTES {
        Err(format!("{text}; make room, or the agent accepts and runs nothing"))
    } else {
        Ok(text)
    }
}

/// Checks that the game's log can be followed.
fn game_log(path: &Path) -> Result<String, String> {
    let advice = "let the agent's user read it, correct presence.log_file, or remove it: joins are then seen in the player list only";
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}; {advice}", path.display());
    let file = File::open(path).map_err(|error| failed(&error))?;
    let is_file = file.metadata().map_err(|error| failed(&error))?.is_file();
    if is_file { Ok(format!("{} can be read", path.display())) } else { Err(failed(&"it is not a file")) }
}

async fn game(config: &Config) -> Vec<Check> {
    let mut connection = match dial(config).await {
        Ok(connection) => connection,
        Err(error) => return vec![Check::of("game", ExitCode::Unreachable, Err(error))],
    };
    let version = ask(&mut connection, "list")
        .await
        .map(|_| format!("RCON at {} accepts the password and answers", config.rcon.address));
    let presence =
        list_over(&mut connection).await.map(|(source, players)| format!("{} online, from `{source}`", players.len()));
    vec![
        Check::of("game", ExitCode::Unreachable, version),
        Check::of("presence", ExitCode::Unreachable, presence),
        Check::of("clock", ExitCode::Unreachable, game_clock(&mut connection).await),
        Check::of("proof", ExitCode::Unreachable, proof(&mut connection, config.delivery.proof).await),
    ]
}

/// Says whether the game's clock can be read. Deliveries work without it, so an unknown answer is no failure.
async fn game_clock(connection: &mut Connection) -> Result<String, String> {
    let mut first_answer = None;
    for line in [GAMETIME_QUERY, NAMESPACED_GAMETIME_QUERY] {
        let answer = ask(connection, line).await?;
        if let Some(ticks) = parse_gametime(&answer) {
            return Ok(format!("{ticks} ticks, from `{line}`"));
        }
        first_answer.get_or_insert(answer);
    }
    Ok(unreadable_clock(&first_answer.unwrap_or_default()))
}

/// Says whether commands leave execution markers. The check reads a marker that does not exist, and so changes nothing.
async fn proof(connection: &mut Connection, mode: ProofMode) -> Result<String, String> {
    if mode == ProofMode::None {
        return Ok("switched off by delivery.proof".into());
    }
    let answer = ask(connection, &MarkerKey::from_name("check").query_line()).await?;
    Ok(match parse_marker(&answer) {
        Some(_) => "the game can keep execution markers".into(),
        None => format!(
            "the game keeps no execution markers (it answered {}): an answer that no pattern knows counts as completed, and a lost answer is held for a person",
            quote(&answer)
        ),
    })
}

async fn store(config: &Config) -> Vec<Check> {
    let store = &config.store;
    let session = open_session(store).await;
    let is_worth_a_call = matches!(session, Ok(()) | Err(ProbeError::NoWebSockets(_)));
    let opened = format!("{} opened a session for {}", store.url, store.token.server_id());
    let mut checks = vec![Check::of("store", ExitCode::Unreachable, session.map(|()| opened).map_err(refusal))];
    if !is_worth_a_call {
        return checks;
    }
    let before = SystemClock.now();
    let answered = call_api(store).await;
    let theirs = answered.as_ref().ok().copied().flatten();
    let polling = answered.map(|_| format!("{} answers, for the time without a session", store.api_url()));
    checks.push(Check::of("polling", ExitCode::Unreachable, polling.map_err(refusal)));
    checks.extend(theirs.map(|theirs| clock(theirs.duration_since(before))));
    checks
}

fn refusal(error: ProbeError) -> String {
    match error {
        ProbeError::TokenRejected(_) => format!("{error}; make a new one at the store, then run flux-agent token set"),
        other => other.to_string(),
    }
}

fn clock(skew: SignedDuration) -> Check {
    let difference = format!("differs from the store's by {} s", skew.as_secs());
    let outcome = if skew.unsigned_abs() > CLOCK_SKEW {
        Err(format!("{difference}; set the time, for example: timedatectl set-ntp true"))
    } else {
        Ok(difference)
    };
    Check::of("clock", ExitCode::Failed, outcome)
}
