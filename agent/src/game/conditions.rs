use super::abilities::living_line;
use super::connection::ask;
use super::executor::{Executor, Trouble};
use crate::limits::CONDITION_FRESH;
use flux_delivery::{PlayerName, free_slots};
use flux_protocol::{Command, WaitReason};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// What stands in the way of a player's commands, as the game said a moment ago. Hundreds that wait for the same room ask once, and hold up nobody else's.
#[derive(Default)]
pub(super) struct Unmet(BTreeMap<String, (Instant, Condition)>);

#[derive(Clone, Copy)]
enum Condition {
    Dead,
    /// So many free slots; none where they could not be read.
    Slots(Option<u8>),
}

impl Condition {
    /// Why a command that needs so many slots must wait.
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

impl Unmet {
    fn of(&self, player: &PlayerName, slots: u8) -> Option<WaitReason> {
        let (at, condition) = self.0.get(player.as_str())?;
        (at.elapsed() < CONDITION_FRESH).then(|| condition.against(slots)).flatten()
    }

    fn note(&mut self, player: &PlayerName, condition: Condition) {
        self.0.retain(|_, (at, _)| at.elapsed() < CONDITION_FRESH);
        self.0.insert(player.as_str().to_owned(), (Instant::now(), condition));
    }
}

impl Executor {
    /// What only the game can tell: whether the player lives, and has room.
    pub(super) async fn unmet(
        &mut self,
        command: &Command,
        player: Option<&PlayerName>,
    ) -> Result<Option<WaitReason>, Trouble> {
        let Some(player) = player.filter(|_| command.require_online) else { return Ok(None) };
        let slots = command.required_slots.unwrap_or_default();
        if let Some(reason) = self.unmet.of(player, slots) {
            return Ok(Some(reason));
        }
        if self.abilities.living {
            let answer = ask(&mut self.connection, &living_line(player.as_str())).await?;
            if answer.starts_with("Test failed") {
                self.unmet.note(player, Condition::Dead);
                return Ok(Some(WaitReason::PlayerDead));
            }
        }
        if slots == 0 {
            return Ok(None);
        }
        let answer = ask(&mut self.connection, &format!("data get entity {player} Inventory")).await?;
        let condition = Condition::Slots(free_slots(&answer));
        let reason = condition.against(slots);
        if reason.is_some() {
            self.unmet.note(player, condition);
        }
        Ok(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_more_room_than_there_is_waits_for_room() {
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
