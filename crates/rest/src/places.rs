//! Places: how many of something are open at once, for each caller and for all. Requests in flight, streams, connections.

use crate::error::ApiError;
use crate::limits;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The shares of callers: each may hold some places at once.
#[derive(Debug)]
pub struct Shares {
    most: usize,
    /// The places that each caller holds; a caller who holds none has no entry.
    held: Mutex<BTreeMap<String, usize>>,
}

/// One place of a caller's share, free again when it is dropped.
#[derive(Debug)]
pub struct Share {
    shares: Arc<Shares>,
    caller: String,
}

impl Shares {
    /// Shares of `most` places for each caller.
    pub fn new(most: usize) -> Arc<Shares> {
        Arc::new(Shares { most, held: Mutex::default() })
    }

    /// A place for this caller; `None` if its share is used up.
    pub fn take(self: &Arc<Shares>, caller: &str) -> Option<Share> {
        let mut held = self.held();
        let count = held.get(caller).copied().unwrap_or_default();
        if count >= self.most {
            return None;
        }
        held.insert(caller.to_owned(), count + 1);
        Some(Share { shares: Arc::clone(self), caller: caller.to_owned() })
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.shares.held();
        match held.get_mut(&self.caller) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => drop(held.remove(&self.caller)),
        }
    }
}

/// The places for requests in flight.
pub struct Places {
    all: Arc<Semaphore>,
    shares: Arc<Shares>,
}

/// The place of one request, an extension of it. Clones share it.
#[derive(Clone)]
pub struct Place(Arc<Held>);

struct Held {
    all: Arc<Semaphore>,
    shares: Arc<Shares>,
    place: Mutex<Option<OwnedSemaphorePermit>>,
    share: Mutex<Option<Share>>,
}

impl Places {
    /// `most` requests of all callers, and a quarter of them for each caller.
    pub fn new(most: usize) -> Places {
        Places { all: Arc::new(Semaphore::new(most)), shares: Shares::new(most.div_ceil(limits::CALLER_PART)) }
    }

    /// A place for a request whose caller is not known yet.
    ///
    /// # Errors
    /// 503 if there is none.
    pub fn take(&self) -> Result<Place, ApiError> {
        let (all, shares) = (Arc::clone(&self.all), Arc::clone(&self.shares));
        let place = Place(Arc::new(Held { all, shares, place: Mutex::default(), share: Mutex::default() }));
        place.take_again()?;
        Ok(place)
    }
}

impl Place {
    /// Counts the request for its caller, once.
    ///
    /// # Errors
    /// 503 if the caller has used up its share.
    pub fn count_for(&self, caller: &str) -> Result<(), ApiError> {
        let mut share = self.0.share.lock().unwrap_or_else(PoisonError::into_inner);
        if share.is_none() {
            *share = Some(self.0.shares.take(caller).ok_or_else(ApiError::busy)?);
        }
        Ok(())
    }

    /// Gives the place back while the request waits for its body: a slow sender keeps nobody else away. The caller's share
    /// stays counted.
    pub fn give_back(&self) {
        drop(self.place().take());
    }

    /// Takes a place again for the work.
    ///
    /// # Errors
    /// 503 if there is none.
    pub fn take_again(&self) -> Result<(), ApiError> {
        let place = Arc::clone(&self.0.all).try_acquire_owned().map_err(|_| ApiError::busy())?;
        *self.place() = Some(place);
        Ok(())
    }

    fn place(&self) -> MutexGuard<'_, Option<OwnedSemaphorePermit>> {
        self.0.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_a_share() {
        let shares = Shares::new(2);
        let held: Vec<Share> = (0..3).filter_map(|_| shares.take("a")).collect();
        assert_eq!(held.len(), 2);
        assert!(shares.take("b").is_some(), "another caller has its own");
        drop(held);
        assert!(shares.take("a").is_some(), "free again");
        assert!(shares.held().is_empty(), "nobody is remembered");
    }

    #[test]
    fn slow_bodies_hold_their_callers_share_and_no_place() {
        let places = Places::new(8);
        let slow: Vec<Place> = (0..2)
            .map(|_| {
                let place = places.take().unwrap();
                place.count_for("thief").unwrap();
                place.give_back();
                place
            })
            .collect();
        assert!(places.take().unwrap().count_for("thief").is_err(), "a quarter of 8 is 2");
        let others: Vec<Place> = (0..8).map(|_| places.take().unwrap()).collect();
        assert!(slow[0].take_again().is_err(), "all places are taken by the others");
        assert!(places.take().is_err());
        drop(others);
        slow[0].take_again().unwrap();
        slow[0].count_for("thief").unwrap();
        drop(slow);
        let caller = places.take().unwrap();
        caller.count_for("thief").unwrap();
    }
}
