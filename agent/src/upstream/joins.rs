use super::rest::Rest;
use super::{intake, rest};
use crate::limits::CALL_DEADLINE;
use crate::state::{Link, Phase, Shared};
use flux_platform::{CrashPoint, crash_point};
use flux_protocol::{PlayerRef, method};
use tokio::sync::mpsc;

/// Tells the store who joined, over whichever way is open. What waits in the journal needs none of it: the store delivers what it has and this
/// journal has not.
pub(super) async fn run(shared: &Shared, rest: &dyn Rest, mut joined: mpsc::Receiver<PlayerRef>) {
    loop {
        let player = tokio::select! { biased;
            () = shared.reached(Phase::Draining) => return,
            player = joined.recv() => player,
        };
        let Some(player) = player else { return };
        let name = player.name.clone();
        let link = shared.link.borrow().clone();
        let told = match link {
            Link::Up(connection) => match serde_json::to_value(player) {
                Ok(player) => {
                    crash_point(CrashPoint::Message);
                    let told = connection.invoke(method::PLAYER_JOINED, vec![player], CALL_DEADLINE).await;
                    told.map(drop).map_err(|error| error.to_string())
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
        match told {
            Ok(()) => tracing::debug!(player.name = name, "join told to the store"),
            Err(error) => tracing::debug!(player.name = name, error, "a join could not be told to the store"),
        }
    }
}
