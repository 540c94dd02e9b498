//! Checks the game over a connection of its own.

use super::Check;
use crate::cli::game::{ask, dial, list_over};
use crate::config::{Config, ProofMode};
use crate::game::{quote, unreadable_clock};
use flux_config::exit_code::ExitCode;
use flux_delivery::game_clock::{GAMETIME_QUERY, NAMESPACED_GAMETIME_QUERY, parse_gametime};
use flux_delivery::marker::{MarkerKey, parse_marker};
use flux_rcon::Connection;

pub(super) async fn checks(config: &Config) -> Vec<Check> {
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
