//! Joins of players, which agents report through the hub or the REST fallback.

use crate::app::App;
use crate::services::ServiceError;
use crate::services::agents::Credential;
use crate::services::referrals::player_joined;
use flux_protocol::PlayerRef;
use flux_shop::Actor;

/// Records that a player joined: customers get the name that their player has now.
pub(crate) async fn record_join(app: &App, credential: Credential, player: PlayerRef) -> Result<(), ServiceError> {
    let (by, desk) = (app.by(Actor::agent(&credential.server_id)), app.desk());
    let write = move |tx: &flux_storage::Tx<'_>| {
        credential.server(tx)?;
        player_joined(tx, &by, &desk, &player.name, player.uuid.as_deref())
    };
    let wake = app.db.write(write).await?;
    app.wake(&wake);
    Ok(())
}
