//! Connects to the game again and again, and hands each connection to a [`GameLoop`].

use super::admin_requests;
use super::connection::{GameDialer, TASK};
use super::error::Disconnect;
use super::game_loop::GameLoop;
use super::outage::Outage;
use crate::limits::{GAME_LASTED, GAME_RETRY, HEARTBEAT_SLACK, WRONG_PASSWORD_RETRY};
use crate::state::{AdminRequest, Phase, Shared};
use backon::BackoffBuilder;
use flux_protocol::PlayerRef;
use flux_rcon::ConnectError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Keeps a connection until the daemon drains.
pub(super) async fn run(
    shared: &Arc<Shared>,
    dialer: &dyn GameDialer,
    joined: mpsc::Sender<PlayerRef>,
    mut requests: mpsc::Receiver<AdminRequest>,
) {
    let mut outage = Outage::default();
    let mut backoff = backoff();
    let mut last_step_at = shared.started_at;
    loop {
        let config = shared.config();
        shared.heartbeat.expect_within(TASK, config.rcon.timeout * 2 + HEARTBEAT_SLACK);
        let dialed = tokio::select! { biased;
            () = shared.reached(Phase::Draining) => return,
            dialed = dialer.dial() => dialed,
        };
        let wait = match dialed {
            Ok(connection) => {
                let start = Instant::now();
                let started =
                    GameLoop::start(shared.clone(), config, connection, joined.clone(), last_step_at, &mut outage);
                let reason = match started.await {
                    Ok(mut game_loop) => {
                        let reason = game_loop.serve(&mut requests).await;
                        last_step_at = game_loop.last_step_at();
                        reason
                    }
                    Err(reason) => reason,
                };
                match reason {
                    Disconnect::Stopping => return,
                    Disconnect::Reconfigured => {
                        tracing::info!("reconnecting to the game with changed settings");
                        continue;
                    }
                    Disconnect::Failed(error) => outage.record(shared, error),
                }
                if start.elapsed() >= GAME_LASTED {
                    backoff = self::backoff();
                }
                backoff.next()
            }
            Err(error @ ConnectError::WrongPassword) => {
                outage.record(shared, error.to_string());
                Some(WRONG_PASSWORD_RETRY)
            }
            Err(error) => {
                outage.record(shared, error.to_string());
                backoff.next()
            }
        };
        if pause(shared, wait.unwrap_or(GAME_RETRY.1), &mut requests).await {
            return;
        }
    }
}

/// Waits before the next attempt; a changed configuration ends the wait. True when the daemon drains.
async fn pause(shared: &Shared, wait: Duration, requests: &mut mpsc::Receiver<AdminRequest>) -> bool {
    shared.heartbeat.expect_within(TASK, wait + HEARTBEAT_SLACK);
    let (until, mut changes) = (Instant::now() + wait, shared.live.subscribe_game());
    loop {
        tokio::select! { biased;
            () = shared.reached(Phase::Draining) => return true,
            _ = changes.changed() => return false,
            Some(request) = requests.recv() => admin_requests::handle_offline(shared, request),
            () = tokio::time::sleep_until(until) => return false,
        }
    }
}

fn backoff() -> backon::ExponentialBackoff {
    let (floor, cap) = GAME_RETRY;
    backon::ExponentialBuilder::default()
        .with_min_delay(floor)
        .with_max_delay(cap)
        .with_factor(2.0)
        .without_max_times()
        .build()
}
