//! The pace of reports: how many go into one call, and how long the next call waits after a failed one.

use crate::limits::{REPORT_RETRY, REPORTS_LATE};
use flux_protocol::limits::BATCH_ITEMS;
use std::time::Duration;
use tokio::time::Instant;

/// The pace of the calls.
#[derive(Debug)]
pub(super) struct Pace {
    wait: Duration,
    most: usize,
    failing_since: Option<Instant>,
    is_late_noticed: bool,
}

/// The kind of failure of a call of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The store did not take the call, for a reason that says nothing about the reports.
    Unreachable,
    /// The store refused the call: one of its reports may be the reason.
    Refused,
    /// The store answered, and acknowledged none of the reports.
    Ignored,
}

/// The consequence of a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Send fewer reports at once, to find the one that the store refuses.
    Fewer,
    /// Wait.
    Wait(Duration),
    /// Wait, and send all others before these.
    PutBehind(Duration),
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { wait: REPORT_RETRY.0, most: BATCH_ITEMS, failing_since: None, is_late_noticed: false }
    }
}

impl Pace {
    /// The largest number of reports in the next call.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Begins anew after the connection has changed.
    pub(super) fn reset_wait(&mut self) {
        self.wait = REPORT_RETRY.0;
    }

    /// Records that the store took reports. Returns whether a delay that was noticed has ended.
    pub(super) fn succeeded(&mut self) -> bool {
        self.wait = REPORT_RETRY.0;
        self.most = (self.most * 2).min(BATCH_ITEMS);
        self.failing_since = None;
        std::mem::take(&mut self.is_late_noticed)
    }

    /// Records that a call with so many reports failed.
    pub(super) fn failed(&mut self, failure: Failure, sent: usize, retry_after: Duration, now: Instant) -> Next {
        self.failing_since.get_or_insert(now);
        if failure == Failure::Refused && sent > 1 {
            self.most = sent / 2;
            return Next::Fewer;
        }
        let wait = self.wait.max(retry_after);
        self.wait = (self.wait * 2).min(REPORT_RETRY.1);
        match failure {
            Failure::Unreachable => Next::Wait(wait),
            Failure::Refused | Failure::Ignored => Next::PutBehind(wait),
        }
    }

    /// True once after reports have failed for [`REPORTS_LATE`].
    pub(super) fn is_late(&mut self, now: Instant) -> bool {
        let is_late = self.failing_since.is_some_and(|since| now.duration_since(since) >= REPORTS_LATE);
        is_late && !std::mem::replace(&mut self.is_late_noticed, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_call_is_halved_until_one_report_is_left() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        let mut sizes = Vec::new();
        while let Next::Fewer = pace.failed(Failure::Refused, pace.most(), Duration::ZERO, now) {
            sizes.push(pace.most());
        }
        assert_eq!(sizes, [250, 125, 62, 31, 15, 7, 3, 1]);
        assert!(!pace.succeeded());
        assert_eq!(pace.most(), 2, "it grows again");
    }

    #[test]
    fn waits_grow_to_their_bound_and_begin_anew() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        let mut wait = || pace.failed(Failure::Unreachable, 9, Duration::ZERO, now);
        let waits: Vec<_> = (0..7).map(|_| wait()).collect();
        let seconds = [1, 2, 4, 8, 16, 30, 30].map(|seconds| Next::Wait(Duration::from_secs(seconds)));
        assert_eq!(waits, seconds);
        assert_eq!(
            pace.failed(Failure::Unreachable, 9, Duration::from_secs(77), now),
            Next::Wait(Duration::from_secs(77)),
            "the store's own wait"
        );
        pace.succeeded();
        assert_eq!(pace.failed(Failure::Ignored, 9, Duration::ZERO, now), Next::PutBehind(Duration::from_secs(1)));
    }

    #[test]
    fn delay_is_noticed_once_and_its_end_too() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        pace.failed(Failure::Ignored, 9, Duration::ZERO, now);
        assert!(!pace.is_late(now + REPORTS_LATE - Duration::from_secs(1)));
        assert!(pace.is_late(now + REPORTS_LATE));
        assert!(!pace.is_late(now + REPORTS_LATE * 2), "once");
        assert!(pace.succeeded());
        assert!(!pace.succeeded());
    }
}
