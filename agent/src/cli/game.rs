//! `players` and `rcon`: through the daemon if it runs, else over a connection of their own.

use super::output::{fail, print, print_json};
use super::{Daemon, block_on, exit_of, load};
use crate::config::{Config, LiveConfig};
use crate::control::{ControlError, Players, Request};
use crate::game::{GameDialer, RconDialer};
use flux_config::exit_code::ExitCode;
use flux_delivery::policy::Ruling;
use flux_delivery::{CommandLine, parse_list};
use flux_platform::{Clock, SystemClock};
use flux_rcon::{Connection, Outcome};
use flux_terminal::{ago, escape};
use std::path::Path;

pub(super) fn players(path: &Path, json: bool) -> Result<ExitCode, ExitCode> {
    let players = match Daemon::of(path).ask(&Request::Players) {
        Ok(players) => players,
        Err(ControlError::NotRunning { .. }) => block_on(list(&load(path)?))??,
        Err(error) => return Err(fail(&error, exit_of(&error))),
    };
    if json {
        return Ok(print_json(&players));
    }
    let age = ago(players.at, SystemClock.now());
    print(format!(
        "{} online, from `{}`, {age}",
        players.players.len(),
        players.source.as_deref().unwrap_or("no list")
    ));
    for name in &players.players {
        print(escape(name));
    }
    Ok(ExitCode::Done)
}

pub(super) fn rcon(path: &Path, line: &str, policy: bool, json: bool) -> Result<ExitCode, ExitCode> {
    let request = Request::Rcon { line: line.to_owned(), policy };
    let answer: String = match Daemon::of(path).ask(&request) {
        Err(ControlError::NotRunning { .. }) => block_on(run_directly(&load(path)?, line, policy))??,
        Ok(answer) => answer,
        Err(error) => return Err(fail(&error, exit_of(&error))),
    };
    if json {
        return Ok(print_json(&serde_json::json!({"answer": answer})));
    }
    // Line breaks of the game stay.
    for line in answer.lines() {
        print(escape(line));
    }
    Ok(ExitCode::Done)
}

async fn run_directly(config: &Config, line: &str, policy: bool) -> Result<String, ExitCode> {
    let line = CommandLine::new(line)
        .map_err(|reason| fail(&format!("this line cannot be sent: {reason}"), ExitCode::Failed))?;
    let ruling = config.policy.judge(&line);
    if policy && ruling != Ruling::Allowed {
        return Err(fail(&format!("{ruling}; --no-policy sends it anyway"), ExitCode::Permission));
    }
    let unreachable = |error: String| fail(&error, ExitCode::Unreachable);
    let mut connection = dial(config).await.map_err(unreachable)?;
    ask(&mut connection, line.as_str()).await.map_err(unreachable)
}

async fn list(config: &Config) -> Result<Players, ExitCode> {
    let unreachable = |error: String| fail(&error, ExitCode::Unreachable);
    let mut connection = dial(config).await.map_err(unreachable)?;
    let (source, players) = list_over(&mut connection).await.map_err(unreachable)?;
    Ok(Players { players, source: Some(source.to_owned()), at: Some(SystemClock.now()) })
}

/// Reads the player list with the same commands as the daemon, newest form first.
pub(super) async fn list_over(connection: &mut Connection) -> Result<(&'static str, Vec<String>), String> {
    for line in crate::game::LIST_COMMANDS {
        if let Some(players) = parse_list(&ask(connection, line).await?) {
            return Ok((line, players.into_iter().map(|player| player.name).collect()));
        }
    }
    Err("cannot read the game's player list; a plugin may replace `list`".into())
}

pub(super) async fn dial(config: &Config) -> Result<Connection, String> {
    RconDialer::new(LiveConfig::from(config.clone())).dial().await.map_err(|error| error.to_string())
}

pub(super) async fn ask(connection: &mut Connection, line: &str) -> Result<String, String> {
    match connection.run(line).await {
        Outcome::Replied(answer) => Ok(answer),
        Outcome::NotSent(refusal) => Err(refusal.to_string()),
        Outcome::Rejected => Err("the game rejected the login".into()),
        Outcome::Unknown(cause) => Err(cause.to_string()),
    }
}
