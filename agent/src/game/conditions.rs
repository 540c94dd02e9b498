//! Conditions that only the game knows: the player must be alive and have free inventory slots.

use super::connection::GameConnection;
use super::error::Disconnect;
use super::quote::quote;
use crate::limits::{CONDITION_FRESH, CONDITION_RETRY};
use flux_delivery::{PlayerName, free_slots, inventory_line, living_test_line, parse_living_test};
use flux_protocol::{Command, WaitReason};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// Topic of the warning that inventories cannot be read.
const INVENTORY: &str = "inventory";

/// Unmet conditions of players, as the game reported them a moment ago. Hundreds of commands that wait for the same slots cause one query.
pub(super) struct ConditionCache {
    /// True if the game can distinguish living players from dead ones.
    has_living_test: bool,
    unmet: BTreeMap<String, Unmet>,
}

/// An unmet condition of one player.
#[derive(Debug, Clone)]
struct Unmet {
    at: Instant,
    condition: Condition,
    /// Time from this look to the next.
    wait: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Dead,
    /// Number of free slots.
    Slots(u8),
    /// The game's answer about the inventory has no known form.
    Unreadable(String),
}

/// The reason why a command waits for its player.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Obstacle {
    /// The reason in the report to the store.
    pub reason: WaitReason,
    /// The reason in words, where the other does not say it.
    pub detail: Option<String>,
    /// Time until the next look.
    pub wait: Duration,
}

impl Unmet {
    /// The obstacle of a command that needs this number of slots.
    fn against(&self, slots: u8) -> Option<Obstacle> {
        let (reason, detail) = match &self.condition {
            Condition::Dead => (WaitReason::PlayerDead, None),
            Condition::Slots(free) if *free >= slots => return None,
            Condition::Slots(_) => (WaitReason::InventoryFull, None),
            Condition::Unreadable(_) if slots == 0 => return None,
            Condition::Unreadable(detail) => (WaitReason::InventoryFull, Some(detail.clone())),
        };
        Some(Obstacle { reason, detail, wait: self.wait })
    }

    /// True if it still answers for the game. It does not from the time of the next look on.
    fn is_fresh(&self) -> bool {
        self.at.elapsed() < CONDITION_FRESH.min(self.wait)
    }
}

impl ConditionCache {
    pub(super) fn new(has_living_test: bool) -> ConditionCache {
        ConditionCache { has_living_test, unmet: BTreeMap::new() }
    }

    /// The reason a command must wait for its player now, from the cache or from the game.
    pub(super) async fn obstacle(
        &mut self,
        command: &Command,
        player: Option<&PlayerName>,
        connection: &mut GameConnection,
    ) -> Result<Option<Obstacle>, Disconnect> {
        let Some(player) = player.filter(|_| command.require_online) else { return Ok(None) };
        let slots = command.required_slots.unwrap_or_default();
        let known = self.unmet.get(player.as_str()).filter(|unmet| unmet.is_fresh());
        if let Some(obstacle) = known.and_then(|unmet| unmet.against(slots)) {
            return Ok(Some(obstacle));
        }
        let found = self.query(player, slots, connection).await?;
        let Some(condition) = found else {
            self.unmet.remove(player.as_str());
            return Ok(None);
        };
        Ok(self.store(player, condition).against(slots))
    }

    /// Asks the game; `None` if the player can receive the command.
    async fn query(
        &self,
        player: &PlayerName,
        slots: u8,
        connection: &mut GameConnection,
    ) -> Result<Option<Condition>, Disconnect> {
        if self.has_living_test {
            let answer = connection.query(&living_test_line(player.as_str())).await?;
            if parse_living_test(&answer) == Some(false) {
                return Ok(Some(Condition::Dead));
            }
        }
        if slots == 0 {
            return Ok(None);
        }
        let answer = connection.query(&inventory_line(player.as_str())).await?;
        let Some(free) = free_slots(&answer) else {
            let detail = format!("the inventory of {player} cannot be read; the game answered {}", quote(&answer));
            connection.warn(INVENTORY, Some(detail.clone()));
            return Ok(Some(Condition::Unreadable(detail)));
        };
        connection.warn(INVENTORY, None);
        Ok((free < slots).then_some(Condition::Slots(free)))
    }

    /// Forgets what is known of a player who joined or left.
    pub(super) fn forget(&mut self, name: &str) {
        self.unmet.retain(|known, _| !known.eq_ignore_ascii_case(name));
    }

    /// Remembers a condition. Each look that finds the player's last condition unmet doubles the wait.
    fn store(&mut self, player: &PlayerName, condition: Condition) -> &Unmet {
        let (first, longest) = CONDITION_RETRY;
        self.unmet.retain(|_, unmet| unmet.at.elapsed() < longest * 2);
        let before = self.unmet.remove(player.as_str()).map(|unmet| unmet.wait);
        let wait = before.map_or(first, |wait| (wait * 2).min(longest));
        self.unmet.entry(player.as_str().to_owned()).or_insert(Unmet { at: Instant::now(), condition, wait })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (ConditionCache, PlayerName) {
        (ConditionCache::new(true), PlayerName::parse("Steve", "").unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn command_waits_only_when_it_needs_more_slots_than_free() {
        let unreadable = || Condition::Unreadable("the inventory of Steve cannot be read".into());
        for (condition, slots, reason) in [
            (Condition::Dead, 0, Some(WaitReason::PlayerDead)),
            (Condition::Slots(2), 3, Some(WaitReason::InventoryFull)),
            (Condition::Slots(2), 2, None),
            (Condition::Slots(0), 0, None),
            (unreadable(), 1, Some(WaitReason::InventoryFull)),
            (unreadable(), 0, None),
        ] {
            let (mut cache, steve) = cache();
            let obstacle = cache.store(&steve, condition.clone()).against(slots);
            assert_eq!(obstacle.as_ref().map(|obstacle| obstacle.reason), reason, "{slots}");
            let says_why = obstacle.is_some_and(|obstacle| obstacle.detail.is_some());
            assert_eq!(says_why, condition == unreadable() && slots > 0, "could not ask is a reason of its own");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn looks_follow_after_1_2_4_up_to_30_seconds_and_start_over_at_a_join() {
        let (mut cache, steve) = cache();
        let mut waits = Vec::new();
        for _ in 0..7 {
            let wait = cache.store(&steve, Condition::Dead).wait;
            waits.push(wait.as_secs());
            tokio::time::advance(wait).await;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
        cache.forget("sTeve");
        assert_eq!(cache.store(&steve, Condition::Dead).wait.as_secs(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn condition_is_not_fresh_at_the_next_look() {
        let (mut cache, steve) = cache();
        let unmet = cache.store(&steve, Condition::Dead).clone();
        assert!(unmet.is_fresh());
        tokio::time::advance(unmet.wait).await;
        assert!(!unmet.is_fresh());
    }
}
