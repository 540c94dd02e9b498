//! Towards the game: one task, one RCON connection, one line in flight.
//!
//! The order on every new connection: a harmless command is answered (so whatever dead connections had left in the game's queue has run), what the
//! game can do is probed, uncertain lines are settled, and only then anything runs.

mod abilities;
mod asks;
mod commit;
mod conditions;
mod connection;
mod executor;
mod expiry;
mod hints;
mod judge;
mod log;
mod marks;
mod presence;
mod rollback;
mod send;
mod settle;

pub use abilities::LISTS;
pub use asks::{Ask, AskError, Wish};
pub use connection::{GameDialer, RconDialer};
pub use hints::Hints;
pub(crate) use rollback::Delivered;

use crate::limits::{GAME_LASTED, GAME_RETRY, PULSE_SLACK, WRONG_PASSWORD_RETRY};
use crate::{Phase, Shared};
use backon::BackoffBuilder;
use executor::Executor;
use flux_protocol::{GameState, PlayerRef};
use flux_rcon::ConnectError;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The game's task, to the watchdog.
const PULSE: &str = "game";

/// What is known of the game.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GameView {
    /// Whether RCON answers.
    pub state: GameState,
    /// Players online, as the game said last.
    pub players: u32,
    /// Who they are, as the game spells them.
    pub names: Vec<String>,
    /// When it said so.
    pub players_at: Option<Timestamp>,
    /// How the list is asked for; `None` until the game was asked, or when it has no list that can be read.
    pub presence_source: Option<&'static str>,
    /// `followed`, or why `presence.log_file` cannot be; `None` where it is not set.
    pub log: Option<String>,
    /// Whether lines leave a mark.
    pub proof: bool,
    /// The last error.
    pub error: Option<String>,
}

impl Default for GameView {
    fn default() -> Self {
        GameView {
            state: GameState::Unknown,
            players: 0,
            names: Vec::new(),
            players_at: None,
            presence_source: None,
            log: None,
            proof: false,
            error: None,
        }
    }
}

/// Why a connection is given up.
#[derive(Debug)]
pub(crate) enum Lost {
    /// The connection ended or failed.
    Connection(String),
    /// What the configuration says of the game has changed.
    Reconfigured,
    /// The daemon stops.
    Stopping,
}

/// Runs what the journal holds, for as long as the daemon lives. `joined` hears of who joined, `asks` brings what the admin asks.
pub async fn run(
    shared: Arc<Shared>,
    dialer: Arc<dyn GameDialer>,
    joined: mpsc::Sender<PlayerRef>,
    asks: mpsc::Receiver<Ask>,
) {
    tokio::join!(biased; serve(&shared, &*dialer, joined, asks), expiry::run(&shared), log::run(&shared));
}

async fn serve(
    shared: &Arc<Shared>,
    dialer: &dyn GameDialer,
    joined: mpsc::Sender<PlayerRef>,
    mut asks: mpsc::Receiver<Ask>,
) {
    let mut outage = Outage::default();
    let mut waits = waits();
    let mut last_turn_at = shared.started_at;
    loop {
        let config = shared.config();
        shared.pulse.turns_within(PULSE, config.rcon.timeout * 2 + PULSE_SLACK);
        let dialed = tokio::select! { biased;
            () = shared.reached(Phase::Draining) => return,
            dialed = dialer.dial() => dialed,
        };
        let wait = match dialed {
            Ok(connection) => {
                let start = Instant::now();
                let mut executor = Executor::new(shared.clone(), config, connection, joined.clone(), last_turn_at);
                let lost = executor.serve(&mut outage, &mut asks).await;
                last_turn_at = executor.last_turn_at;
                match lost {
                    Lost::Stopping => return,
                    Lost::Reconfigured => {
                        tracing::info!("the game's settings have changed; connecting anew");
                        continue;
                    }
                    Lost::Connection(error) => outage.begins(shared, error),
                }
                if start.elapsed() >= GAME_LASTED {
                    waits = self::waits();
                }
                waits.next()
            }
            Err(error @ ConnectError::WrongPassword) => {
                outage.begins(shared, error.to_string());
                Some(WRONG_PASSWORD_RETRY)
            }
            Err(error) => {
                outage.begins(shared, error.to_string());
                waits.next()
            }
        };
        if pause(shared, wait.unwrap_or(GAME_RETRY.1), &mut asks).await {
            return;
        }
    }
}

/// Waits before the next try; a changed configuration cuts it short. True when the daemon stops.
async fn pause(shared: &Shared, wait: Duration, asks: &mut mpsc::Receiver<Ask>) -> bool {
    shared.pulse.turns_within(PULSE, wait + PULSE_SLACK);
    let (until, mut changes) = (Instant::now() + wait, shared.live.subscribe_game());
    loop {
        tokio::select! { biased;
            () = shared.reached(Phase::Draining) => return true,
            _ = changes.changed() => return false,
            Some(ask) = asks.recv() => asks::answer_offline(shared, ask),
            () = tokio::time::sleep_until(until) => return false,
        }
    }
}

fn waits() -> backon::ExponentialBackoff {
    let (floor, cap) = GAME_RETRY;
    backon::ExponentialBuilder::default()
        .with_min_delay(floor)
        .with_max_delay(cap)
        .with_factor(2.0)
        .without_max_times()
        .build()
}

/// One line in the log when the game goes away, one when it is back.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    since: Option<Instant>,
    tries: u64,
    error: String,
}

impl Outage {
    fn begins(&mut self, shared: &Shared, error: String) {
        self.tries += 1;
        if self.since.is_none() || self.error != error {
            tracing::warn!(error, "game unreachable; what is accepted waits, the agent tries again by itself");
            if self.since.is_none() {
                self.since = Some(Instant::now());
                shared.hints.lost(shared.now());
            }
            self.error.clone_from(&error);
        }
        shared.game.send_if_modified(|view| {
            let changed = view.state != GameState::Offline || view.error.as_ref() != Some(&error);
            view.state = GameState::Offline;
            view.players = 0;
            view.names.clear();
            view.error = Some(error);
            changed
        });
    }

    pub(crate) fn ends(&mut self) {
        let lasted = self.since.take().map_or(Duration::ZERO, |since| since.elapsed());
        tracing::info!(tries = self.tries, outage.seconds = lasted.as_secs(), "game connected");
        *self = Outage::default();
    }
}
