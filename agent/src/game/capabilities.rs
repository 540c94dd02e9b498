//! Features of this game's version, probed once for each connection.

use super::connection::GameConnection;
use super::error::Disconnect;
use super::quote::quote;
use crate::config::ProofMode;
use flux_delivery::game_clock::{GAMETIME_QUERY, NAMESPACED_GAMETIME_QUERY, parse_gametime};
use flux_delivery::marker::{Marker, MarkerKey, parse_marker};
use flux_delivery::{CommandLine, living_test_line, parse_living_test};

/// Topic of the warning that the game's clock cannot be read.
const CLOCK: &str = "game clock";

/// Features that the game supports.
#[derive(Debug, Clone, Copy)]
pub(super) struct Capabilities {
    /// Commands can leave execution markers (1.15 and later), and the configuration wants them.
    pub markers: bool,
    /// `execute if entity` distinguishes living players from dead ones (1.13 and later).
    pub living_test: bool,
    /// The line that reads the game's clock; `None` if its answer has no known form.
    pub clock_query: Option<&'static str>,
}

impl Capabilities {
    /// Probes the game with lines that change nothing but the probe's own marker.
    pub(super) async fn probe(connection: &mut GameConnection, mode: ProofMode) -> Result<Capabilities, Disconnect> {
        let living_test = parse_living_test(&connection.query(&living_test_line("flux_probe")).await?) == Some(false);
        let clock_query = probe_clock(connection).await?;
        let markers = mode != ProofMode::None && probe_markers(connection).await?;
        if mode == ProofMode::Storage && !markers {
            tracing::warn!(
                "the game does not support execution markers; delivery.on_uncertain decides about lost answers"
            );
        }
        Ok(Capabilities { markers, living_test, clock_query })
    }
}

async fn probe_markers(connection: &mut GameConnection) -> Result<bool, Disconnect> {
    let key = MarkerKey::probe();
    let Some(line) = CommandLine::new(GAMETIME_QUERY).ok().and_then(|line| key.wrap(&line)) else { return Ok(false) };
    connection.query(line.as_str()).await?;
    let marker = parse_marker(&connection.query(&key.query_line()).await?);
    if marker != Some(Marker::Present { succeeded: true }) {
        return Ok(false);
    }
    connection.query(&key.remove_line()).await?;
    Ok(true)
}

/// Finds the line whose answer shows the game's clock. A plugin may have replaced `time`.
async fn probe_clock(connection: &mut GameConnection) -> Result<Option<&'static str>, Disconnect> {
    let mut first_answer = None;
    for line in [GAMETIME_QUERY, NAMESPACED_GAMETIME_QUERY] {
        let answer = connection.query(line).await?;
        if parse_gametime(&answer).is_some() {
            connection.warn(CLOCK, None);
            return Ok(Some(line));
        }
        first_answer.get_or_insert(answer);
    }
    let answer = first_answer.unwrap_or_default();
    if connection.warn(CLOCK, Some(unreadable_clock(&answer))) {
        tracing::warn!(
            answer,
            "cannot read the game's clock; commands whose answer is lost are held, and rollbacks are not noticed"
        );
    }
    Ok(None)
}

/// The consequence of an answer about the clock that has no known form.
pub(crate) fn unreadable_clock(answer: &str) -> String {
    format!(
        "the game's clock cannot be read (`{GAMETIME_QUERY}` answered {}): a command whose answer is lost and that left no marker is held for a person, and a rollback is not noticed by the clock",
        quote(answer)
    )
}
