//! A player in JSON: orders, customers, commands and referrals share it.

use crate::Checked;
use crate::values::{PlayerName, PlayerUuid};
use flux_shop::Player;
use serde::{Deserialize, Serialize};

/// A player as the buyer typed them.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Player)]
pub struct PlayerJson {
    /// The name.
    name: PlayerName,
    /// The UUID, if the storefront knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uuid: Option<PlayerUuid>,
}

impl From<PlayerJson> for Player {
    fn from(player: PlayerJson) -> Player {
        Player { name: player.name.0, uuid: player.uuid.map(|uuid| uuid.0) }
    }
}

impl From<Player> for PlayerJson {
    fn from(player: Player) -> PlayerJson {
        PlayerJson { name: Checked(player.name), uuid: player.uuid.map(Checked) }
    }
}
