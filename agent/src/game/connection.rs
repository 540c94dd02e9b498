//! The RCON connection to the game: how it is opened, and how a line is sent over it.

use super::error::Disconnect;
use crate::config::LiveConfig;
use crate::limits::HEARTBEAT_SLACK;
use crate::state::Shared;
use flux_platform::{CrashPoint, crash_point};
use flux_rcon::{ConnectError, Connection, Outcome, Timeouts};
use flux_signalr::client::BoxFuture;
use std::sync::Arc;
use tokio::time::Instant;

/// Name of the game loop's task, for the watchdog.
pub(super) const TASK: &str = "game";

/// Opens connections to the game. The simulation has its own.
pub trait GameDialer: Send + Sync {
    /// Connects and logs in.
    fn dial(&self) -> BoxFuture<'_, Result<Connection, ConnectError>>;
}

/// Opens RCON connections over TCP, with the configuration in force.
#[derive(Debug)]
pub struct RconDialer {
    live: LiveConfig,
}

impl RconDialer {
    /// A dialer that reads the configuration for each connection.
    pub fn new(live: LiveConfig) -> RconDialer {
        RconDialer { live }
    }
}

impl GameDialer for RconDialer {
    fn dial(&self) -> BoxFuture<'_, Result<Connection, ConnectError>> {
        let rcon = self.live.get().rcon.clone();
        Box::pin(async move { Connection::open(&rcon.address, &rcon.password, Timeouts::each(rcon.timeout)).await })
    }
}

/// An open connection. It measures latencies and keeps the watchdog informed.
pub(super) struct GameConnection {
    connection: Connection,
    shared: Arc<Shared>,
}

impl GameConnection {
    pub(super) fn new(connection: Connection, shared: Arc<Shared>) -> GameConnection {
        GameConnection { connection, shared }
    }

    /// Sends a line and waits for its answer.
    pub(super) async fn run(&mut self, line: &str) -> Outcome {
        // Writing the line, the first byte of the answer and its last byte each have the timeout.
        self.shared.heartbeat.expect_within(TASK, self.shared.config().rcon.timeout * 3 + HEARTBEAT_SLACK);
        let start = Instant::now();
        crash_point(CrashPoint::GameCommand);
        let outcome = self.connection.run(line).await;
        if matches!(outcome, Outcome::Replied(_)) {
            self.shared.metrics.record_rcon_latency(start.elapsed());
        }
        outcome
    }

    /// Sends a line that changes nothing in the game. Without an answer the connection is of no more use.
    pub(super) async fn query(&mut self, line: &str) -> Result<String, Disconnect> {
        match self.run(line).await {
            Outcome::Replied(answer) => Ok(answer),
            Outcome::NotSent(refusal) => Err(Disconnect::Failed(refusal.to_string())),
            Outcome::Rejected => {
                Err(Disconnect::Failed("the game no longer accepts this connection as logged in".into()))
            }
            Outcome::Unknown(cause) => Err(Disconnect::Failed(cause.to_string())),
        }
    }

    /// Sets or clears a warning about this game, for `status`. Returns whether it is new.
    pub(super) fn warn(&self, topic: &'static str, text: Option<String>) -> bool {
        self.shared.set_game_warning(topic, text)
    }

    /// Waits, with no line in flight, until the game closes the connection or sends something unexpected. True when it is closed.
    pub(super) async fn closed(&mut self) -> bool {
        self.connection.closed().await
    }
}
