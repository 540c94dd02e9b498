//! Reports joins of players to the store.

use super::rest::Rest;
use super::{intake, rest};
use crate::limits::CALL_DEADLINE;
use crate::state::{Link, Phase, Shared};
use flux_platform::{CrashPoint, crash_point};
use flux_protocol::{PlayerRef, method};
use tokio::sync::mpsc;

/// Reports each join over the session, or over REST without one. The store then delivers commands that this journal does not have yet. Jobs in the journal
/// do not depend on it.
pub(super) async fn run(shared: &Shared, rest: &dyn Rest, mut joined: mpsc::Receiver<PlayerRef>) {
    loop {
        let player = tokio::select! { biased;
            () = shared.reached(Phase::Draining) => return,
            player = joined.recv() => player,
        };
        let Some(player) = player else { return };
        let name = player.name.clone();
        let link = shared.link.borrow().clone();
        let outcome = match link {
            Link::Up(connection) => match serde_json::to_value(player) {
                Ok(player) => {
                    crash_point(CrashPoint::Message);
                    let answer = connection.invoke_raw(method::PLAYER_JOINED, vec![player], CALL_DEADLINE).await;
                    answer.map(drop).map_err(|error| error.to_string())
                }
                Err(error) => Err(error.to_string()),
            },
            Link::Starting => Err("no session yet".into()),
            Link::Down => match rest::joined(rest, &player).await {
                Ok(answer) => {
                    intake::deliver(shared, answer.commands, "join");
                    Ok(())
                }
                Err(error) => Err(error.to_string()),
            },
        };
        match outcome {
            Ok(()) => tracing::debug!(player.name = name, "reported a join to the store"),
            Err(error) => tracing::debug!(player.name = name, error, "failed to report a join to the store"),
        }
    }
}
