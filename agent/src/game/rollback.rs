//! A game that crashes comes back as it was last saved: what was delivered after that is gone, mark and all. Such
//! deliveries are marked in the history and said in the log, for a person to judge; nothing is ever run again for it.

use super::executor::{Executor, Trouble};
use crate::limits::{AUTOSAVE, ROLLED_BACK_ROWS};
use flux_delivery::game_clock::ClockPair;
use flux_protocol::CommandId;
use jiff::{SignedDuration, Timestamp};

const TICKS_PER_SECOND: i64 = 20;

impl Executor {
    /// Looks, at the start of a connection and when the log tells of a crash, for deliveries that the game may have forgotten.
    pub(super) async fn look_for_rollback(&mut self) -> Result<(), Trouble> {
        let crash = self.shared.hints.take_crash();
        let is_first_look = !std::mem::replace(&mut self.is_world_known, true);
        if crash.is_none() && !is_first_look {
            return Ok(());
        }
        let clock = if self.abilities.gametime { self.ask_clock().await? } else { None };
        let suspects = self.shared.journal().delivered_lately(ROLLED_BACK_ROWS)?;
        let lost_at = self.shared.hints.lost_at().unwrap_or(self.shared.started_at);
        let gone = forgotten(&suspects, clock.as_ref(), crash, lost_at, self.shared.now());
        for (id, why) in gone {
            self.shared.journal().annotate(id, self.shared.now(), "possibly_rolled_back", why)?;
            tracing::warn!(command.id = %id, why, "command possibly rolled back: look whether the player still has it");
        }
        Ok(())
    }
}

/// A delivery, newest first: when it was, and the game's clock then.
pub(crate) type Delivered = (CommandId, Timestamp, ClockPair);

/// The deliveries that may be gone. A world whose clock is behind what it was at a delivery has been put back to an earlier
/// moment; one that began to start without having stopped may have lost what came after its last saving by itself.
fn forgotten<'a>(
    suspects: &'a [Delivered],
    clock: Option<&ClockPair>,
    crash: Option<Timestamp>,
    lost_at: Timestamp,
    now: Timestamp,
) -> Vec<(&'a CommandId, &'static str)> {
    let went_back =
        clock.filter(|now| suspects.first().is_some_and(|(.., then)| now.gametime_ticks < then.gametime_ticks));
    // The world has gone on since it was loaded: at most since the connection was lost.
    let gone_on = now.duration_since(lost_at).as_secs().clamp(0, AUTOSAVE.as_secs() as i64) * TICKS_PER_SECOND;
    let saved_before = lost_at - SignedDuration::from_secs(AUTOSAVE.as_secs() as i64);
    let judge = |(id, at, then): &'a Delivered| {
        if went_back.is_some_and(|now| then.gametime_ticks >= now.gametime_ticks - gone_on) {
            return Some((id, "the game's clock has gone back behind it"));
        }
        let is_near = crash.is_some_and(|crash| *at < crash) && *at >= saved_before;
        is_near.then_some((id, "the game started without having stopped, soon after it"))
    };
    suspects.iter().filter_map(judge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn delivered(name: &str, seconds: i64) -> Delivered {
        (name.parse().unwrap(), at(seconds), pair(seconds * 20))
    }

    fn pair(gametime_ticks: i64) -> ClockPair {
        ClockPair { boot_id: "b".into(), since_boot_ms: 0, gametime_ticks }
    }

    fn names<'a>(found: &[(&'a CommandId, &'static str)]) -> Vec<&'a str> {
        found.iter().map(|(id, _)| id.as_str()).collect()
    }

    #[test]
    fn what_was_delivered_after_the_moment_to_which_the_world_was_put_back_may_be_gone() {
        let all = [delivered("c", 1_000), delivered("b", 900), delivered("a", 100)];
        // Saved at 800 s, lost at 1,010 s, back for 20 s when it is asked 30 s later.
        let found = forgotten(&all, Some(&pair(820 * 20)), None, at(1_010), at(1_040));
        assert_eq!(names(&found), ["c", "b"]);
    }

    #[test]
    fn a_clock_that_has_gone_on_tells_of_nothing_gone() {
        let all = [delivered("c", 1_000), delivered("b", 900)];
        assert_eq!(forgotten(&all, Some(&pair(1_001 * 20)), None, at(1_010), at(1_040)), []);
        assert_eq!(forgotten(&all, None, None, at(1_010), at(1_040)), []);
        assert_eq!(forgotten(&[], Some(&pair(0)), Some(at(5)), at(1), at(9)), []);
    }

    #[test]
    fn after_a_crash_that_the_log_tells_of_the_last_minutes_before_the_loss_may_be_gone() {
        let all = [delivered("later", 1_050), delivered("near", 900), delivered("old", 600)];
        let found = forgotten(&all, Some(&pair(2_000 * 20)), Some(at(1_040)), at(1_010), at(1_060));
        assert_eq!(names(&found), ["near"], "later: after the start; old: saved long before");
    }
}
