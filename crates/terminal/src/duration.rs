//! Durations and ages for people.

use jiff::{SignedDuration, Timestamp};

/// Formats a duration in its two largest units: `59s`, `1m 1s`, `1d 1h`.
#[must_use]
pub fn short_duration(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// The age of `at`: `5m 0s ago`, or `never`.
#[must_use]
pub fn ago(at: Option<Timestamp>, now: Timestamp) -> String {
    at.map_or_else(|| "never".to_owned(), |at| format!("{} ago", short_duration(now.duration_since(at))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_is_shown_in_its_two_largest_units() {
        let shown = [0, 59, 61, 3_725, 90_000].map(|seconds| short_duration(SignedDuration::from_secs(seconds)));
        assert_eq!(shown, ["0s", "59s", "1m 1s", "1h 2m", "1d 1h"]);
    }
}
