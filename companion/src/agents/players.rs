//! Joins of players, which agents report through the hub or the REST fallback.

use crate::services::{ServiceError, Wake, effects, moves};
use flux_protocol::{PlayerRef, ServerId};
use flux_referrals::OrderHooks;
use flux_shop::Audit;
use flux_storage::Tx;

/// Records that a player joined: customers get the name that their player has now, and commands that may run on any of
/// several servers come to this one. The caller has checked, in the same
/// transaction, that the agent is the server's.
pub(crate) fn record_join(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    server: &ServerId,
    player: &PlayerRef,
) -> Result<Wake, ServiceError> {
    let effects = hooks.player_joined(tx, by, &player.name, player.uuid.as_deref())?;
    let mut wake = effects::apply(tx, by, hooks, effects)?;
    wake.extend(moves::follow_player(tx, by, server, &player.name)?);
    Ok(wake)
}
