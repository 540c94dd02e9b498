//! A clock and random numbers that repeat in every run, so that the counts of instructions can be compared.

use flux_platform::{Clock, Entropy, SinceBoot};
use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// A clock that advances by a millisecond with each reading.
#[derive(Default)]
pub struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_millis(self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn since_boot(&self) -> Option<SinceBoot> {
        Some(SinceBoot { boot_id: "counted".into(), millis: self.0.load(Ordering::Relaxed) })
    }
}

/// Random numbers that repeat in every run.
#[derive(Default)]
pub struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let number = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            chunk.copy_from_slice(&number.to_be_bytes()[..chunk.len()]);
        }
    }
}
