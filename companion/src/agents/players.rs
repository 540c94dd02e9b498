//! Joins of players, which agents report through the hub or the REST fallback.

use crate::app::App;
use crate::services::agents::Credential;
use crate::services::effects;
use crate::services::{Audit, ServiceError};
use flux_protocol::PlayerRef;
use flux_referrals::OrderHooks;
use flux_shop::Actor;

/// Records that a player joined: customers get the name that their player has now.
pub(crate) async fn record_join(app: &App, credential: Credential, player: PlayerRef) -> Result<(), ServiceError> {
    let (by, hooks) = (Audit { actor: Actor::agent(&credential.server_id) }, app.hooks());
    let write = move |tx: &flux_storage::Tx<'_>| {
        credential.server(tx)?;
        let effects = hooks.player_joined(tx, &by, &player.name, player.uuid.as_deref())?;
        effects::apply(tx, &by, &*hooks, effects)
    };
    let wake = app.db.write(write).await?;
    app.wake(&wake);
    Ok(())
}
