//! Joins of players, which agents report through the hub or the REST fallback.

use crate::services::{ServiceError, Wake, effects};
use flux_protocol::PlayerRef;
use flux_referrals::OrderHooks;
use flux_shop::Audit;
use flux_storage::Tx;

/// Records that a player joined: customers get the name that their player has now. The caller has checked, in the same
/// transaction, that the agent is the server's.
pub(crate) fn record_join(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    player: &PlayerRef,
) -> Result<Wake, ServiceError> {
    let effects = hooks.player_joined(tx, by, &player.name, player.uuid.as_deref())?;
    effects::apply(tx, by, hooks, effects)
}
