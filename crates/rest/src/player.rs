//! A player in JSON: orders, customers, commands and referrals share it.

use crate::Checked;
use crate::values::{PlayerName, PlayerUuid};
use flux_shop::Player;
use serde::{Deserialize, Deserializer, Serialize};

/// A player as the buyer typed them.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Player)]
pub struct PlayerJson {
    /// The name.
    name: PlayerName,
    /// The UUID, if the storefront knows it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "uuid_if_any")]
    uuid: Option<PlayerUuid>,
}

/// An empty text is no UUID: some storefronts send it for a player whose UUID they do not know.
fn uuid_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PlayerUuid>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.filter(|text| !text.trim().is_empty());
    text.map(|text| text.parse().map(Checked).map_err(serde::de::Error::custom)).transpose()
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
