//! The pace of the mails: how long the sender waits after a failure, and which mails it looks for next. Pure.
//!
//! A connection that opens and then breaks, during one mail, shows nothing about the server until other mails have failed the
//! same way. So each is put off, and the next is tried. Once a round of mails has failed and none has passed, it is the server.

use crate::limits;
use flux_storage::mail::Wanted;
use std::time::Duration;

/// The verdict on the server, from the failures since the last answered mail.
#[derive(Debug, Default)]
pub(super) struct Pace {
    server: Rounds,
    new: Rounds,
    put_off: Rounds,
    last_was_put_off: bool,
}

/// Failures in a row.
#[derive(Debug, Default)]
struct Rounds {
    failures: u32,
    slowed: u32,
}

/// The wait after a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    /// None: the next mail is tried at once.
    None,
    /// None, and mails that wait because others have failed are tried at once too: the server works.
    Over,
    /// Mails that were put off wait. New ones do not: these failures have nothing to do with them.
    PutOff {
        /// The wait that leaves most of the time to other mails.
        share: Duration,
        /// The wait after a round of failures.
        slowed: Duration,
    },
    /// All mails wait so long.
    All(Duration),
}

/// A mail that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tried {
    /// For the first time.
    New,
    /// Again, after it was put off.
    PutOff,
}

impl Rounds {
    fn slower(&mut self) -> Duration {
        let wait = limits::MAIL_RETRY * 2_u32.saturating_pow(self.slowed);
        self.slowed += 1;
        wait.min(limits::MAIL_RETRY_LONGEST)
    }

    /// Counts a failure. Returns the wait, if it completes a round.
    fn failed(&mut self) -> Option<Duration> {
        self.failures += 1;
        self.failures.is_multiple_of(limits::MAIL_ROUND).then(|| self.slower())
    }
}

impl Pace {
    /// The mails to look for. New ones and those that were put off take turns, so that neither can keep the other waiting.
    pub(super) fn wanted(&self, put_off_waits: bool) -> Wanted {
        match (put_off_waits, self.last_was_put_off) {
            (true, _) => Wanted::New,
            (false, true) => Wanted::NewFirst,
            (false, false) => Wanted::PutOffFirst,
        }
    }

    /// The server has answered about a mail, whatever it said: it works.
    pub(super) fn answered(&mut self, mail: Tried) -> Pause {
        *self = Pace { last_was_put_off: mail == Tried::PutOff, ..Pace::default() };
        Pause::Over
    }

    /// The server accepts no mail at all. Returns the wait.
    pub(super) fn server_failed(&mut self) -> Duration {
        self.server.slower()
    }

    /// A mail has failed after this time, and it may be the mail or the server. After the first failure of a new mail, all wait
    /// once: it is tried again, because a server that restarts breaks one connection too.
    pub(super) fn failed(&mut self, mail: Tried, took: Duration) -> Pause {
        self.last_was_put_off = mail == Tried::PutOff;
        match mail {
            Tried::New if self.new.failures == 0 => {
                self.new.failures = 1;
                Pause::All(limits::MAIL_RETRY)
            }
            Tried::New => self.new.failed().map_or(Pause::None, Pause::All),
            Tried::PutOff => {
                let share = took.saturating_mul(limits::MAIL_RETRY_SHARE);
                Pause::PutOff { share, slowed: self.put_off.failed().unwrap_or_default() }
            }
        }
    }
}

/// The wait before a mail is tried again that has failed so many times before. It grows up to a bound.
pub(super) fn put_off_for(tries: u32) -> Duration {
    (limits::MAIL_RETRY * 2_u32.saturating_pow(tries)).min(limits::MAIL_PUT_OFF_LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Pause = Pause::All(limits::MAIL_RETRY);

    /// The pauses after so many failures in a row.
    fn failures(pace: &mut Pace, mail: Tried, count: u32) -> Vec<Pause> {
        (0..count).map(|_| pace.failed(mail, Duration::ZERO)).collect()
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn put_off(share: u64, slowed: u64) -> Pause {
        Pause::PutOff { share: seconds(share), slowed: seconds(slowed) }
    }

    #[test]
    fn first_failure_of_a_new_mail_waits_once_and_is_tried_again_first() {
        let mut pace = Pace::default();
        pace.answered(Tried::New);
        assert_eq!(pace.failed(Tried::New, Duration::ZERO), FIRST);
        assert_eq!(pace.wanted(false), Wanted::PutOffFirst);
        let again = pace.failed(Tried::PutOff, Duration::ZERO);
        assert_eq!(again, put_off(0, 0), "it is put off, and the next is tried at once");
        assert_eq!(pace.wanted(false), Wanted::NewFirst);
    }

    #[test]
    fn mails_fail_one_after_the_other_without_a_wait_until_a_round_has_failed() {
        let mut pace = Pace::default();
        let pauses = failures(&mut pace, Tried::New, limits::MAIL_ROUND);
        assert_eq!((pauses[0], pauses.last()), (FIRST, Some(&Pause::All(limits::MAIL_RETRY))));
        assert!(pauses[1..pauses.len() - 1].iter().all(|pause| *pause == Pause::None), "{pauses:?}");
    }

    #[test]
    fn rounds_of_failures_slow_down_to_the_bound() {
        let mut pace = Pace::default();
        let pauses = failures(&mut pace, Tried::New, 12 * limits::MAIL_ROUND);
        let waits: Vec<_> = pauses.into_iter().skip(1).filter(|pause| *pause != Pause::None).collect();
        let expected = [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900];
        assert_eq!(waits, expected.map(|wait| Pause::All(seconds(wait))));
    }

    #[test]
    fn mails_that_fail_again_never_hold_back_a_new_one() {
        let mut pace = Pace::default();
        let pauses = failures(&mut pace, Tried::PutOff, 40 * limits::MAIL_ROUND);
        assert!(!pauses.iter().any(|pause| matches!(pause, Pause::All(_))), "{pauses:?}");
        assert!(pauses.contains(&put_off(0, limits::MAIL_RETRY_LONGEST.as_secs())), "they are slowed themselves");
        assert_eq!(pace.wanted(true), Wanted::New);
    }

    #[test]
    fn mails_that_fail_again_slowly_take_a_tenth_of_the_time() {
        let mut pace = Pace::default();
        assert_eq!(pace.failed(Tried::PutOff, seconds(30)), put_off(300, 0));
        assert_eq!(pace.failed(Tried::New, seconds(30)), FIRST, "a new mail is not held back by what others took");
    }

    #[test]
    fn mail_that_is_answered_shows_that_the_server_works() {
        let mut pace = Pace::default();
        failures(&mut pace, Tried::New, 5 * limits::MAIL_ROUND);
        failures(&mut pace, Tried::PutOff, 5 * limits::MAIL_ROUND);
        assert_eq!([pace.server_failed(), pace.server_failed()], [seconds(5), seconds(10)]);
        assert_eq!(pace.answered(Tried::New), Pause::Over);
        assert_eq!(pace.failed(Tried::New, Duration::ZERO), FIRST);
        assert_eq!(pace.server_failed(), seconds(5));
    }

    #[test]
    fn wait_for_a_mail_grows_up_to_the_bound() {
        let waits: Vec<u64> = (0..12).map(|tries| put_off_for(tries).as_secs()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert_eq!(put_off_for(u32::MAX), limits::MAIL_PUT_OFF_LONGEST);
    }
}
