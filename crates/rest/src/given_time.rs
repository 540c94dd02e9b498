//! Times that a request names. A clock may be a few minutes fast, but nothing has happened later than that.

use crate::error::ApiError;
use crate::limits;
use jiff::Timestamp;
use serde::Deserialize;

/// A time in a request that was not compared with the store's clock yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct GivenTime(Timestamp);

impl GivenTime {
    /// The time of something that has happened by `now`, give or take [`limits::CLOCK_TOLERANCE`].
    ///
    /// # Errors
    /// 422 for a time after that.
    pub fn happened_by(self, now: Timestamp, field: &str) -> Result<Timestamp, ApiError> {
        if self.0.duration_since(now) <= limits::CLOCK_TOLERANCE {
            return Ok(self.0);
        }
        let (now, minutes) = (now.strftime("%FT%TZ"), limits::CLOCK_TOLERANCE.as_mins());
        let message = format!(
            "lies in the future: at most {minutes} minutes after the store's clock ({now}); check the clock that it comes from"
        );
        Err(ApiError::value(field, message))
    }

    /// The time as it is, where the caller may also plan ahead.
    pub fn of_any_moment(self) -> Timestamp {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_beyond_the_tolerance_are_refused() {
        let now: Timestamp = "2027-01-15T08:00:00Z".parse().unwrap();
        let given = |text: &str| GivenTime(text.parse().unwrap()).happened_by(now, "clickedAt");
        for past in ["-009999-01-02T01:59:59Z", "1970-01-01T00:00:00Z", "2027-01-15T08:00:00Z", "2027-01-15T08:05:00Z"]
        {
            assert_eq!(given(past).unwrap().to_string(), past);
        }
        for ahead in ["2027-01-15T08:05:00.001Z", "2027-01-15T10:00:00Z", "9999-12-30T22:00:00.9Z"] {
            let refused = given(ahead).unwrap_err();
            assert_eq!((refused.status.as_u16(), refused.field.as_deref()), (422, Some("clickedAt")), "{ahead}");
            assert!(
                refused.message.contains("5 minutes after the store's clock (2027-01-15T08:00:00Z)"),
                "{refused:?}"
            );
        }
        let end = Timestamp::MAX;
        assert_eq!(GivenTime(end).happened_by(end, "now").unwrap(), end, "no sum of times overflows");
        GivenTime(Timestamp::MAX).happened_by(Timestamp::MIN, "now").unwrap_err();
    }
}
