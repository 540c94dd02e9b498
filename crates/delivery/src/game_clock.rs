//! Comparing the game's clock with the machine's, to detect a restart of the game.

use crate::answer::strip_formatting;
use regex::Regex;
use std::sync::LazyLock;

const TICKS_PER_SECOND: i64 = 20;

/// Tolerated difference between the two clocks, in ticks (5 s). A restart of the game loses more.
const CLOCK_TOLERANCE_TICKS: i64 = 100;

/// The line that queries the game's clock; [`parse_gametime`] reads the answer.
pub const GAMETIME_QUERY: &str = "time query gametime";

/// The same line where a plugin has replaced `time`. EssentialsX's command of that name shows the time of day.
pub const NAMESPACED_GAMETIME_QUERY: &str = "minecraft:time query gametime";

/// Reads the answer to [`GAMETIME_QUERY`], in ticks (20 a second); `None` for any other text.
///
/// Minecraft up to 1.21.11 writes `The time is 1234`, 26.1 and later `The game time is 1234 tick(s)`.
pub fn parse_gametime(answer: &str) -> Option<i64> {
    #[expect(clippy::expect_used, reason = "a constant pattern, used by the tests")]
    static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^the (?:current )?(?:game ?)?time is:? (\d+)(?: ?ticks?| ?tick\(s\))?\.?$").expect("valid")
    });
    CLOCK.captures(&strip_formatting(answer))?[1].parse().ok()
}

/// The game's clock and the machine's clock, read at the same moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockPair {
    /// The kernel's id of the machine's boot.
    pub boot_id: String,
    /// Milliseconds since that boot, on a clock that nobody sets and that counts while the machine is suspended.
    pub since_boot_ms: i64,
    /// The game's clock, in ticks.
    pub gametime_ticks: i64,
}

impl ClockPair {
    /// True if the game certainly did not restart between this reading and `later`: the machine has not booted again,
    /// and the game's clock has kept pace. A lagging or frozen game gives `false`.
    pub fn same_run_until(&self, later: &ClockPair) -> bool {
        let passed_ms = later.since_boot_ms - self.since_boot_ms;
        let expected_ticks = self.gametime_ticks + passed_ms * TICKS_PER_SECOND / 1_000;
        self.boot_id == later.boot_id
            && passed_ms >= 0
            && (later.gametime_ticks - expected_ticks).abs() <= CLOCK_TOLERANCE_TICKS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restart_shows_in_the_games_clock() {
        let pair = |boot: &str, ms: i64, ticks: i64| ClockPair {
            boot_id: boot.into(),
            since_boot_ms: ms,
            gametime_ticks: ticks,
        };
        let before = pair("a", 10_000, 500);
        assert!(before.same_run_until(&pair("a", 20_000, 700)));
        assert!(before.same_run_until(&pair("a", 20_000, 601)));
        assert!(!before.same_run_until(&pair("a", 20_000, 599)), "more than 5 s are missing");
        assert!(!before.same_run_until(&pair("a", 20_000, 801)), "the game's clock ran ahead");
        assert!(!before.same_run_until(&pair("b", 20_000, 700)), "the machine booted again");
        assert!(!before.same_run_until(&pair("a", 9_000, 480)), "the machine's clock went back");
    }
}
