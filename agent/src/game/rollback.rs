//! Detects deliveries that a crash of the game may have undone. A game that crashes comes back as it was last saved: later deliveries are gone, with their
//! execution markers. The agent notes them in the history and the log for a person to judge, and never runs them again.

use super::capabilities::Capabilities;
use super::connection::GameConnection;
use super::error::StepError;
use super::game_clock;
use crate::journal::RecentDelivery;
use crate::limits::{AUTOSAVE, ROLLED_BACK_ROWS};
use crate::state::Shared;
use flux_delivery::game_clock::ClockPair;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

const TICKS_PER_SECOND: i64 = 20;

/// Compares the game with the journal's last deliveries.
pub(super) struct RollbackDetector {
    shared: Arc<Shared>,
    clock_query: Option<&'static str>,
    /// True if this connection's first check was made.
    is_checked: bool,
}

impl RollbackDetector {
    pub(super) fn new(shared: Arc<Shared>, capabilities: Capabilities) -> RollbackDetector {
        RollbackDetector { shared, clock_query: capabilities.clock_query, is_checked: false }
    }

    /// Checks at the start of a connection, and after a crash that the game's log shows.
    pub(super) async fn check(&mut self, connection: &mut GameConnection) -> Result<(), StepError> {
        let crash = self.shared.signals.take_crash();
        let is_first_check = !std::mem::replace(&mut self.is_checked, true);
        if crash.is_none() && !is_first_check {
            return Ok(());
        }
        let clock = match self.clock_query {
            Some(line) => game_clock::query(line, connection, &*self.shared.clock).await?,
            None => None,
        };
        let suspects = self.shared.journal().recent_deliveries(ROLLED_BACK_ROWS)?;
        let disconnected_at = self.shared.signals.disconnected_at().unwrap_or(self.shared.started_at);
        let undone = find_undone(&suspects, clock.as_ref(), crash, disconnected_at, self.shared.now());
        for (delivery, why) in undone {
            let RecentDelivery { id, order_id, player_name, .. } = delivery;
            self.shared.journal().annotate(id, self.shared.now(), "possibly_rolled_back", why)?;
            tracing::warn!(command.id = %id, order.id = order_id, player.name = player_name, why, "command possibly rolled back; check whether the player still has it");
        }
        Ok(())
    }
}

/// The deliveries that may be undone; `suspects` come newest first. A world whose clock is behind its reading at a delivery was restored to an earlier
/// save; a game that started without an orderly stop may have lost everything after its last automatic save.
fn find_undone<'a>(
    suspects: &'a [RecentDelivery],
    clock: Option<&ClockPair>,
    crash: Option<Timestamp>,
    disconnected_at: Timestamp,
    now: Timestamp,
) -> Vec<(&'a RecentDelivery, &'static str)> {
    let went_back =
        clock.filter(|now| suspects.first().is_some_and(|last| now.gametime_ticks < last.clock.gametime_ticks));
    // The world has run since it was loaded: at most since the connection ended.
    let ticks_since_load =
        now.duration_since(disconnected_at).as_secs().clamp(0, AUTOSAVE.as_secs() as i64) * TICKS_PER_SECOND;
    let last_save = disconnected_at - SignedDuration::from_secs(AUTOSAVE.as_secs() as i64);
    let judge = |delivery: &'a RecentDelivery| {
        let (at, then) = (delivery.at, &delivery.clock);
        if went_back.is_some_and(|now| then.gametime_ticks >= now.gametime_ticks - ticks_since_load) {
            return Some((delivery, "the game's clock is behind its reading at the delivery"));
        }
        let is_near = crash.is_some_and(|crash| at < crash) && at >= last_save;
        is_near.then_some((delivery, "the game started without an orderly stop, soon after the delivery"))
    };
    suspects.iter().filter_map(judge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn delivered(name: &str, seconds: i64) -> RecentDelivery {
        let id = name.parse().unwrap();
        RecentDelivery { id, order_id: None, player_name: None, at: at(seconds), clock: pair(seconds * 20) }
    }

    fn pair(gametime_ticks: i64) -> ClockPair {
        ClockPair { boot_id: "b".into(), since_boot_ms: 0, gametime_ticks }
    }

    fn names<'a>(found: &[(&'a RecentDelivery, &'static str)]) -> Vec<&'a str> {
        found.iter().map(|(delivery, _)| delivery.id.as_str()).collect()
    }

    #[test]
    fn deliveries_after_the_restored_save_may_be_undone() {
        let all = [delivered("c", 1_000), delivered("b", 900), delivered("a", 100)];
        // Saved at 800 s, disconnected at 1,010 s, up for 20 s at the check 30 s later.
        let found = find_undone(&all, Some(&pair(820 * 20)), None, at(1_010), at(1_040));
        assert_eq!(names(&found), ["c", "b"]);
    }

    #[test]
    fn clock_that_moved_on_shows_nothing_undone() {
        let all = [delivered("c", 1_000), delivered("b", 900)];
        assert!(find_undone(&all, Some(&pair(1_001 * 20)), None, at(1_010), at(1_040)).is_empty());
        assert!(find_undone(&all, None, None, at(1_010), at(1_040)).is_empty());
        assert!(find_undone(&[], Some(&pair(0)), Some(at(5)), at(1), at(9)).is_empty());
    }

    #[test]
    fn crash_may_undo_the_minutes_before_the_disconnect() {
        let all = [delivered("later", 1_050), delivered("near", 900), delivered("old", 600)];
        let found = find_undone(&all, Some(&pair(2_000 * 20)), Some(at(1_040)), at(1_010), at(1_060));
        assert_eq!(names(&found), ["near"], "later: after the start; old: saved long before");
    }
}
