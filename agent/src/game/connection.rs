use super::{Lost, PULSE};
use crate::Shared;
use crate::config::LiveConfig;
use crate::limits::PULSE_SLACK;
use flux_platform::{CrashPoint, crash_point};
use flux_rcon::{ConnectError, Connection, Outcome, Timeouts};
use flux_signalr::client::BoxFuture;
use std::sync::Arc;
use tokio::time::Instant;

/// Connects to the game and logs in. A simulation passes its own.
pub trait GameDialer: Send + Sync {
    /// A new connection, logged in.
    fn dial(&self) -> BoxFuture<'_, Result<Connection, ConnectError>>;
}

/// RCON over TCP, as the configuration in force says.
#[derive(Debug)]
pub struct RconDialer {
    live: LiveConfig,
}

impl RconDialer {
    /// Dials what this configuration names at the time.
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

/// A connection whose answers are timed, and whose silence the watchdog allows for.
pub(super) struct GameConnection {
    connection: Connection,
    shared: Arc<Shared>,
}

impl GameConnection {
    pub(super) fn new(connection: Connection, shared: Arc<Shared>) -> GameConnection {
        GameConnection { connection, shared }
    }

    /// One line, and how far it got.
    pub(super) async fn run(&mut self, line: &str) -> Outcome {
        // Written, begun, whole: each step of a call may take the timeout.
        self.shared.pulse.turns_within(PULSE, self.shared.config().rcon.timeout * 3 + PULSE_SLACK);
        let start = Instant::now();
        crash_point(CrashPoint::GameCommand);
        let outcome = self.connection.run(line).await;
        if matches!(outcome, Outcome::Replied(_)) {
            self.shared.metrics.rcon(start.elapsed());
        }
        outcome
    }

    /// Waits, with no line in flight, until the game closes the connection or says something unasked: true when it is closed.
    pub(super) async fn closed(&mut self) -> bool {
        self.connection.closed().await
    }
}

/// Asks the game something harmless: an answer, or the connection is of no use any more.
pub(super) async fn ask(connection: &mut GameConnection, line: &str) -> Result<String, Lost> {
    match connection.run(line).await {
        Outcome::Replied(answer) => Ok(answer),
        Outcome::NotSent(refusal) => Err(Lost::Connection(refusal.to_string())),
        Outcome::Rejected => Err(Lost::Connection("the game no longer takes this connection as logged in".into())),
        Outcome::Unknown(cause) => Err(Lost::Connection(cause.to_string())),
    }
}
