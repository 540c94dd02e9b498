//! Durations as written in a config: a whole number and a unit.

use std::time::Duration;

use thiserror::Error;

/// The units with their length in milliseconds, longest first.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A text that is not a duration. The message follows the name of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DurationError {
    /// The text does not begin with a digit.
    #[error("does not begin with a whole number")]
    NoNumber,
    /// The text ends after the number.
    #[error("has no unit")]
    NoUnit,
    /// The number is not followed by a known unit.
    #[error("has no known unit after its number")]
    UnknownUnit,
    /// The duration exceeds 64 bits of milliseconds.
    #[error("is too long")]
    TooLong,
}

/// Parses a duration such as `500ms`, `15s`, `2m`, `12h` or `30d`, without sums, fractions or spaces.
///
/// # Errors
///
/// A [`DurationError`] that does not repeat the text.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let unit_start = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_start);
    if number.is_empty() {
        return Err(DurationError::NoNumber);
    }
    if unit.is_empty() {
        return Err(DurationError::NoUnit);
    }
    let (_, unit_milliseconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(DurationError::UnknownUnit)?;
    // It has digits only, so it can only be too large.
    let number: u64 = number.parse().map_err(|_| DurationError::TooLong)?;
    number.checked_mul(*unit_milliseconds).map(Duration::from_millis).ok_or(DurationError::TooLong)
}

/// Formats a duration exactly to the millisecond, in its largest unit: 300 s as `5m`, 90 s as `90s`, zero as `0s`.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    if milliseconds == 0 {
        return "0s".to_owned();
    }
    let exact = UNITS.iter().find(|(_, unit)| milliseconds.is_multiple_of(u128::from(*unit)));
    let (name, unit) = exact.unwrap_or(&("ms", 1));
    format!("{}{name}", milliseconds / u128::from(*unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_round_trip() {
        for (text, milliseconds) in [
            ("0s", 0),
            ("500ms", 500),
            ("1500ms", 1_500),
            ("15s", 15_000),
            ("90s", 90_000),
            ("2m", 120_000),
            ("12h", 43_200_000),
            ("30d", 2_592_000_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
            assert_eq!(format_duration(Duration::from_millis(milliseconds)), text);
        }
    }

    #[test]
    fn longest_exact_unit_is_written() {
        assert_eq!(format_duration(Duration::from_secs(300)), "5m");
        assert_eq!(format_duration(Duration::from_secs(172_800)), "2d");
    }

    #[test]
    fn invalid_durations_are_refused_with_their_reason() {
        for (text, error) in [
            ("", DurationError::NoNumber),
            ("true", DurationError::NoNumber),
            ("-5s", DurationError::NoNumber),
            (" 5s", DurationError::NoNumber),
            ("30", DurationError::NoUnit),
            ("0", DurationError::NoUnit),
            ("30 s", DurationError::UnknownUnit),
            ("1.5h", DurationError::UnknownUnit),
            ("1h30m", DurationError::UnknownUnit),
            ("5S", DurationError::UnknownUnit),
            ("2w", DurationError::UnknownUnit),
            ("٣s", DurationError::NoNumber),
            ("18446744073709551616ms", DurationError::TooLong),
            ("18446744073709551615s", DurationError::TooLong),
        ] {
            assert_eq!(parse_duration(text), Err(error), "{text:?}");
        }
    }
}
