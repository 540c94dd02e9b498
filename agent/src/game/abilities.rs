use super::Lost;
use super::connection::{GameConnection, ask};
use crate::config::ProofMode;
use flux_delivery::game_clock::{GAMETIME_QUERY, parse_gametime};
use flux_delivery::marker::{Marker, MarkerKey, parse_marker};
use flux_delivery::{CommandLine, OnlinePlayer, parse_list};

/// What this game can do, probed once per connection.
#[derive(Debug, Clone)]
pub(super) struct Abilities {
    /// The line that lists who is online; `None` when no answer could be read.
    pub list: Option<&'static str>,
    /// Lines can leave a mark (1.15 and later).
    pub proof: bool,
    /// `execute if entity` tells the living from the dead (1.13 and later).
    pub living: bool,
    /// The game's clock can be read.
    pub gametime: bool,
}

/// From the best to the oldest. The namespaced one reaches vanilla's where a plugin has replaced `list`.
pub const LISTS: [&str; 3] = ["list uuids", "minecraft:list uuids", "list"];

pub(super) async fn probe(
    connection: &mut GameConnection,
    mode: ProofMode,
) -> Result<(Abilities, Vec<OnlinePlayer>), Lost> {
    let (list, players) = probe_list(connection).await?;
    if list.is_none() {
        tracing::warn!(
            "the game's list of players cannot be read; commands that need their player online wait until it can"
        );
    }
    let living = ask(connection, &living_line("flux_probe")).await?.starts_with("Test failed");
    let gametime = parse_gametime(&ask(connection, GAMETIME_QUERY).await?).is_some();
    let proof = mode != ProofMode::None && probe_proof(connection).await?;
    if mode == ProofMode::Storage && !proof {
        tracing::warn!(
            "this game cannot prove what ran (it needs 1.15 or later); a lost answer is left to delivery.on_uncertain"
        );
    }
    Ok((Abilities { list, proof, living, gametime }, players))
}

pub(super) async fn probe_list(
    connection: &mut GameConnection,
) -> Result<(Option<&'static str>, Vec<OnlinePlayer>), Lost> {
    for line in LISTS {
        if let Some(players) = parse_list(&ask(connection, line).await?) {
            return Ok((Some(line), players));
        }
    }
    Ok((None, Vec::new()))
}

async fn probe_proof(connection: &mut GameConnection) -> Result<bool, Lost> {
    let key = MarkerKey::probe();
    let Some(line) = CommandLine::new(GAMETIME_QUERY).ok().and_then(|line| key.wrap(&line)) else { return Ok(false) };
    ask(connection, line.as_str()).await?;
    let mark = parse_marker(&ask(connection, &key.query_line()).await?);
    if mark != Some(Marker::Present { succeeded: true }) {
        return Ok(false);
    }
    ask(connection, &key.remove_line()).await?;
    Ok(true)
}

/// Answers "Test passed…" for a living player of this very spelling.
pub(super) fn living_line(name: &str) -> String {
    format!("execute if entity @e[type=player,name=\"{name}\"]")
}
