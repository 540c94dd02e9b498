//! Joins of players, which agents report through the hub or the REST fallback.

use crate::app::App;
use crate::services::ServiceError;
use crate::services::agents::Credential;
use crate::services::{effects, seats};
use flux_protocol::PlayerRef;
use flux_shop::Actor;
use flux_storage::seats::Seat;

/// Records that a player joined: customers get the name that their player has now. `seat` is the session's; a REST call has
/// none.
pub(crate) async fn record_join(
    app: &App,
    credential: Credential,
    seat: Option<Seat>,
    player: PlayerRef,
) -> Result<(), ServiceError> {
    app.write_and_wake(Actor::agent(&credential.server_id), move |tx, by, hooks| {
        credential.server(tx)?;
        seats::require(tx, seat.as_ref())?;
        let effects = hooks.player_joined(tx, by, &player.name, player.uuid.as_deref())?;
        Ok(((), effects::apply(tx, by, hooks, effects)?))
    })
    .await
}
