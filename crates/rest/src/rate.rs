//! Rate limits: per API key or server, and per address for visitors without a key.

use crate::error::ApiError;
use crate::places::Place;
use http::request::Parts;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Allows each caller a number of requests in a period on average, with bursts of one period's worth. Callers are keys and
/// servers, of which there are few, or addresses, which are forgotten once their budget is full again.
pub struct RateLimiter {
    interval: Duration,
    period: Duration,
    /// The time at which each caller's budget is full again; full budgets are dropped now and then.
    full_at: Mutex<BTreeMap<String, Instant>>,
}

/// Entries from which on full budgets are dropped.
const ENTRIES: usize = 4_096;
const SECOND: Duration = Duration::from_secs(1);

impl RateLimiter {
    /// A limiter with full budgets, of so many requests a second.
    pub fn new(per_second: u32) -> RateLimiter {
        RateLimiter::over(SECOND, per_second)
    }

    /// A limiter with full budgets, of so many requests in this period.
    pub fn over(period: Duration, requests: u32) -> RateLimiter {
        RateLimiter { interval: period / requests.max(1), period, full_at: Mutex::new(BTreeMap::new()) }
    }

    /// Counts one request; false if the caller's budget is empty.
    pub fn allow(&self, caller: &str) -> bool {
        let now = Instant::now();
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= ENTRIES {
            full_at.retain(|_, at| *at > now);
        }
        let next = full_at.get(caller).map_or(now, |at| (*at).max(now)) + self.interval;
        if next > now + self.period {
            return false;
        }
        full_at.insert(caller.to_owned(), next);
        true
    }
}

/// The rate limit of visitors without a key, by address. The middleware adds it to every request as an extension.
#[derive(Clone)]
pub struct VisitorRate(pub Arc<RateLimiter>);

impl VisitorRate {
    /// Counts one request of this address.
    ///
    /// # Errors
    /// 429 if the address has used up its budget.
    pub fn check(&self, address: &str) -> Result<(), ApiError> {
        if self.0.allow(address) { Ok(()) } else { Err(ApiError::slow_down()) }
    }
}

/// The address of the connection's other end; an extension of every request.
#[derive(Debug, Clone)]
pub struct Peer(pub String);

/// Counts one request of an authenticated caller, if the middleware brought the limits.
///
/// # Errors
/// 503 if the caller has used up its share of the requests in flight, 429 if it has used up its budget.
pub fn check_rate(parts: &Parts, caller: &str) -> Result<(), ApiError> {
    if let Some(place) = parts.extensions.get::<Place>() {
        place.count_for(caller)?;
    }
    match parts.extensions.get::<Arc<RateLimiter>>() {
        Some(rate) if !rate.allow(caller) => Err(ApiError::slow_down()),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn callers_have_separate_budgets_that_refill() {
        let rate = RateLimiter::new(3);
        let burst = |caller: &str| (0..4).map(|_| rate.allow(caller)).collect::<Vec<_>>();
        assert_eq!(burst("a"), [true, true, true, false]);
        assert_eq!(burst("b"), [true, true, true, false]);
        tokio::time::advance(SECOND).await;
        assert_eq!(burst("a"), [true, true, true, false]);
    }
}
