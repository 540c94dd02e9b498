//! The random source.

/// A random source for ids, secrets and jitter.
pub trait Entropy: Send + Sync {
    /// Fills `buffer` with random bytes; those of [`SystemEntropy`] are fit for secrets.
    fn fill(&self, buffer: &mut [u8]);

    /// A uniform number in `0..bound`, or 0 for a bound of 0. The bias is below 2⁻³² for bounds below 2³².
    fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        ((u128::from(u64::from_le_bytes(bytes)) * u128::from(bound)) >> 64) as u64
    }

    /// `length` characters, uniform over `alphabet`, which has at most 256 characters, all ASCII.
    fn text(&self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[self.below(alphabet.len() as u64) as usize])).collect()
    }
}

/// The random source of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "the one entropy module; without a random source nothing is safe"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives random bytes");
    }
}
