//! Runs the closures of transactions: with a clock, a random source, and what a test has added.

use crate::sqlite::session::Session;
use crate::{Error, Probe, Tx};
use flux_platform::{Clock, Entropy, SystemClock, SystemEntropy};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Gives closures their transactions.
#[derive(Clone)]
pub(crate) struct Runner {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) probe: Option<Arc<dyn Probe>>,
    /// Runs each closure twice, and undoes the first run.
    pub(crate) repeats: bool,
}

impl Default for Runner {
    fn default() -> Runner {
        Runner { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy), probe: None, repeats: false }
    }
}

impl Runner {
    /// A closure as an engine runs it, in a transaction that it has begun. The seed is drawn once, so that each run gets the
    /// same random numbers.
    pub(crate) fn closure<R, E, F>(&self, work: F) -> impl Fn(Session<'_>) -> Result<R, E> + use<R, E, F>
    where
        E: From<Error>,
        F: Fn(&Tx<'_>) -> Result<R, E>,
    {
        let (runner, mut seed) = (self.clone(), [0; 32]);
        self.entropy.fill(&mut seed);
        move |engine| {
            let run = || {
                let entropy = Seeded::new(seed);
                work(&Tx::new(engine, runner.clock.now(), &entropy, runner.probe.as_deref()))
            };
            if runner.repeats {
                engine.undone(|| drop(run()))?;
            }
            run()
        }
    }
}

/// Random numbers that follow from a seed: SHA-256 of the seed and a count. Fit for secrets if the seed is.
struct Seeded {
    seed: [u8; 32],
    count: AtomicU64,
}

impl Seeded {
    /// The numbers of this seed, from the first.
    fn new(seed: [u8; 32]) -> Seeded {
        Seeded { seed, count: AtomicU64::new(0) }
    }
}

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        for part in buffer.chunks_mut(32) {
            let count = self.count.fetch_add(1, Ordering::Relaxed);
            let block = Sha256::new().chain_update(self.seed).chain_update(count.to_le_bytes()).finalize();
            part.copy_from_slice(&block[..part.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence_and_another_seed_another() {
        let draw = |seed: u8| {
            let seeded = Seeded::new([seed; 32]);
            let mut buffer = [0; 40];
            seeded.fill(&mut buffer);
            (buffer, seeded.below(1_000_000_007))
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_ne!(draw(1).0[..32], draw(1).0[8..], "the blocks differ");
    }
}
