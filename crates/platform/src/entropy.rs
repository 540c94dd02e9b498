/// The random source: for ids, secrets and jitter.
pub trait Entropy: Send + Sync {
    /// Fills `buffer` with random bytes, fit for secrets in production.
    fn fill(&self, buffer: &mut [u8]);

    /// A uniform number in `0..bound` (0 for a bound of 0); the bias is below 2⁻³² for bounds below 2³².
    fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        ((u128::from(u64::from_le_bytes(bytes)) * u128::from(bound)) >> 64) as u64
    }

    /// `length` characters drawn evenly from `alphabet`, which has at most 256 characters, all ASCII.
    fn text(&self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[self.below(alphabet.len() as u64) as usize])).collect()
    }
}

/// The operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "the one entropy module; without a random source nothing is safe to do"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives random bytes");
    }
}
