//! Conditions that only the game knows: the player must be alive and have free inventory slots.

use super::connection::GameConnection;
use super::error::Disconnect;
use crate::limits::CONDITION_FRESH;
use flux_delivery::{PlayerName, free_slots, inventory_line, living_test_line, parse_living_test};
use flux_protocol::{Command, WaitReason};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// Unmet conditions of players, as the game reported them a moment ago. Hundreds of commands that wait for the same slots cause one query.
pub(super) struct ConditionCache {
    /// True if the game can distinguish living players from dead ones.
    has_living_test: bool,
    unmet: BTreeMap<String, (Instant, Condition)>,
}

#[derive(Clone, Copy)]
enum Condition {
    Dead,
    /// Number of free slots; `None` where it could not be read.
    Slots(Option<u8>),
}

impl Condition {
    /// The reason a command that needs this number of slots must wait.
    fn against(self, slots: u8) -> Option<WaitReason> {
        match self {
            Condition::Dead => Some(WaitReason::PlayerDead),
            Condition::Slots(free) => {
                let is_short = slots > 0 && free.is_none_or(|free| free < slots);
                is_short.then_some(WaitReason::InventoryFull)
            }
        }
    }
}

impl ConditionCache {
    pub(super) fn new(has_living_test: bool) -> ConditionCache {
        ConditionCache { has_living_test, unmet: BTreeMap::new() }
    }

    /// The reason a command must wait for its player now, from the cache or from the game.
    pub(super) async fn reason_to_wait(
        &mut self,
        command: &Command,
        player: Option<&PlayerName>,
        connection: &mut GameConnection,
    ) -> Result<Option<WaitReason>, Disconnect> {
        let Some(player) = player.filter(|_| command.require_online) else { return Ok(None) };
        let slots = command.required_slots.unwrap_or_default();
        if let Some(reason) = self.cached(player, slots) {
            return Ok(Some(reason));
        }
        if self.has_living_test {
            let answer = connection.query(&living_test_line(player.as_str())).await?;
            if parse_living_test(&answer) == Some(false) {
                self.store(player, Condition::Dead);
                return Ok(Some(WaitReason::PlayerDead));
            }
        }
        if slots == 0 {
            return Ok(None);
        }
        let answer = connection.query(&inventory_line(player.as_str())).await?;
        let condition = Condition::Slots(free_slots(&answer));
        let reason = condition.against(slots);
        if reason.is_some() {
            self.store(player, condition);
        }
        Ok(reason)
    }

    fn cached(&self, player: &PlayerName, slots: u8) -> Option<WaitReason> {
        let (at, condition) = self.unmet.get(player.as_str())?;
        (at.elapsed() < CONDITION_FRESH).then(|| condition.against(slots)).flatten()
    }

    fn store(&mut self, player: &PlayerName, condition: Condition) {
        self.unmet.retain(|_, (at, _)| at.elapsed() < CONDITION_FRESH);
        self.unmet.insert(player.as_str().to_owned(), (Instant::now(), condition));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_waits_only_when_it_needs_more_slots_than_free() {
        for (condition, slots, reason) in [
            (Condition::Dead, 0, Some(WaitReason::PlayerDead)),
            (Condition::Slots(Some(2)), 3, Some(WaitReason::InventoryFull)),
            (Condition::Slots(Some(2)), 2, None),
            (Condition::Slots(Some(0)), 0, None),
            (Condition::Slots(None), 1, Some(WaitReason::InventoryFull)),
            (Condition::Slots(None), 0, None),
        ] {
            assert_eq!(condition.against(slots), reason, "{slots}");
        }
    }
}
