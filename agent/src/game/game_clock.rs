//! The game's own clock, read beside this machine's: a later reading shows whether the game has restarted.

use super::capabilities::Capabilities;
use super::connection::GameConnection;
use super::error::Disconnect;
use crate::limits::CLOCK_PAIR_INTERVAL;
use flux_delivery::game_clock::{ClockPair, parse_gametime};
use flux_platform::Clock;
use std::sync::Arc;
use tokio::time::Instant;

/// Reads the game's clock, and keeps the last reading for a while.
pub(super) struct GameClock {
    clock: Arc<dyn Clock>,
    /// The line that reads the clock. `None` if it cannot be read, or without execution markers, which alone use it.
    line: Option<&'static str>,
    last: Option<(ClockPair, Instant)>,
}

impl GameClock {
    pub(super) fn new(clock: Arc<dyn Clock>, capabilities: Capabilities) -> GameClock {
        GameClock { clock, line: capabilities.clock_query.filter(|_| capabilities.markers), last: None }
    }

    /// Reads the clock again if the last reading is older than [`CLOCK_PAIR_INTERVAL`].
    pub(super) async fn refresh(&mut self, connection: &mut GameConnection) -> Result<(), Disconnect> {
        let is_fresh = self.last.as_ref().is_some_and(|(_, at)| at.elapsed() < CLOCK_PAIR_INTERVAL);
        match self.line {
            Some(line) if !is_fresh => {
                self.last = query(line, connection, &*self.clock).await?.map(|pair| (pair, Instant::now()));
                Ok(())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The last reading.
    pub(super) fn last(&self) -> Option<&ClockPair> {
        self.last.as_ref().map(|(pair, _)| pair)
    }
}

/// Reads both clocks now; `None` when one of them cannot be read.
pub(super) async fn query(
    line: &'static str,
    connection: &mut GameConnection,
    clock: &dyn Clock,
) -> Result<Option<ClockPair>, Disconnect> {
    let answer = connection.query(line).await?;
    let (Some(gametime_ticks), Some(now)) = (parse_gametime(&answer), clock.since_boot()) else {
        return Ok(None);
    };
    Ok(Some(ClockPair { boot_id: now.boot_id, since_boot_ms: now.millis, gametime_ticks }))
}
