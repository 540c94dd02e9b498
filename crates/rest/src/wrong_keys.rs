//! Wrong API keys and tokens: a limit for each address, and a count for the log. Guessing is hopeless anyway; this keeps a
//! caller with a wrong key slow and visible.

use crate::error::ApiError;
use crate::limits;
use crate::rate::RateLimiter;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The refusals of wrong and missing keys, one for the whole program.
pub struct WrongKeys {
    rate: RateLimiter,
    tally: Mutex<Tally>,
}

/// Refusals since the last look.
#[derive(Default)]
struct Tally {
    requests: u64,
    by_address: BTreeMap<String, u64>,
}

impl Tally {
    fn add(&mut self, address: Option<&str>) {
        self.requests += 1;
        let Some(address) = address else { return };
        if let Some(count) = self.by_address.get_mut(address) {
            *count += 1;
        } else if self.by_address.len() < limits::WRONG_KEY_ADDRESSES {
            self.by_address.insert(address.to_owned(), 1);
        }
    }
}

/// The refusals of a while, for one line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongKeyCount {
    /// Requests with a wrong key, or without one.
    pub requests: u64,
    /// The address with the most of them, if addresses are known, and its share.
    pub most: Option<(String, u64)>,
}

impl WrongKeys {
    /// Budgets of so many requests a minute for each address.
    pub fn new(per_minute: u32) -> WrongKeys {
        WrongKeys { rate: RateLimiter::over(limits::WRONG_KEYS_PERIOD, per_minute), tally: Mutex::default() }
    }

    /// Counts a request that was refused for its key. A right key is never counted, and so never refused: behind a proxy
    /// on another machine, all callers have one address.
    ///
    /// # Errors
    /// 429 if the address has used up its budget.
    pub fn count(&self, address: Option<&str>) -> Result<(), ApiError> {
        self.tally().add(address);
        match address {
            Some(address) if !self.rate.allow(address) => Err(ApiError::slow_down()),
            Some(_) | None => Ok(()),
        }
    }

    /// The refusals since the last call; `None` if there were none.
    pub fn take(&self) -> Option<WrongKeyCount> {
        let Tally { requests, by_address } = std::mem::take(&mut *self.tally());
        let most = by_address.into_iter().max_by_key(|(_, count)| *count);
        (requests > 0).then_some(WrongKeyCount { requests, most })
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    #[tokio::test(start_paused = true)]
    async fn address_with_too_many_wrong_keys_is_slowed_down() {
        let most = 20;
        let wrong = WrongKeys::new(most);
        assert!((0..most).all(|_| wrong.count(Some("203.0.113.5")).is_ok()));
        let refused = wrong.count(Some("203.0.113.5")).unwrap_err();
        assert_eq!((refused.status, refused.retry_after_seconds), (StatusCode::TOO_MANY_REQUESTS, Some(1)));
        assert!(wrong.count(Some("203.0.113.6")).is_ok(), "another address has its own budget");
        assert!((0..=most).all(|_| wrong.count(None).is_ok()), "without an address there is no limit");
        tokio::time::advance(limits::WRONG_KEYS_PERIOD).await;
        assert!(wrong.count(Some("203.0.113.5")).is_ok());
    }

    #[tokio::test]
    async fn refusals_are_counted_once_with_the_busiest_address() {
        let wrong = WrongKeys::new(20);
        assert_eq!(wrong.take(), None);
        for address in [Some("203.0.113.5"), Some("203.0.113.6"), None, Some("203.0.113.6")] {
            wrong.count(address).unwrap();
        }
        let counted = WrongKeyCount { requests: 4, most: Some(("203.0.113.6".to_owned(), 2)) };
        assert_eq!((wrong.take(), wrong.take()), (Some(counted), None));
    }

    #[tokio::test]
    async fn addresses_are_bounded_and_all_requests_counted() {
        let wrong = WrongKeys::new(20);
        let many = limits::WRONG_KEY_ADDRESSES + 10;
        assert!((0..many).all(|number| wrong.count(Some(&format!("address {number}"))).is_ok()));
        assert_eq!(wrong.tally().by_address.len(), limits::WRONG_KEY_ADDRESSES);
        assert_eq!(wrong.take().unwrap().requests, many as u64);
    }
}
