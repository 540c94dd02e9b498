//! Connection tokens, which negotiate gives out and the upgrade checks. A token names its connection and its expiry and is
//! signed together with the caller's identity, so the hub stores nothing until it is used, and any hub with the same key
//! accepts it.

use std::{fmt, time::Duration};

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const ID_BYTES: usize = 16;
const EXPIRY_BYTES: usize = 8;
const SIGNED_BYTES: usize = ID_BYTES + EXPIRY_BYTES;

/// The id of a connection: random, and so unique over all hubs. It is not secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u128);

impl ConnectionId {
    pub(super) fn from_bytes(bytes: [u8; ID_BYTES]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The key that signs connection tokens. Hubs that share it accept each other's tokens.
#[derive(Clone)]
pub struct NegotiationKey([u8; 32]);

impl NegotiationKey {
    /// A key of 32 unpredictable bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn mac(&self, signed: &[u8], identity: &[u8]) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key");
        // The first part has a fixed length, so no two pairs have the same text.
        mac.update(signed);
        mac.update(identity);
        mac
    }
}

/// Hides the key.
impl fmt::Debug for NegotiationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NegotiationKey(…)")
    }
}

/// The content of a connection token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Negotiation {
    pub(super) id: ConnectionId,
    /// The time since 1970 at which the token expires, in whole milliseconds.
    expires_at: Duration,
}

impl Negotiation {
    pub(super) fn new(id: ConnectionId, now: Duration, ttl: Duration) -> Self {
        Self { id, expires_at: Duration::from_millis(millis(now + ttl)) }
    }

    /// The token for this identity.
    pub(super) fn token(&self, key: &NegotiationKey, identity: &[u8]) -> String {
        let signed = self.signed();
        let signature = key.mac(&signed, identity).finalize().into_bytes();
        BASE64URL_NOPAD.encode(&[&signed[..], &signature[..]].concat())
    }

    /// Reads a token; `None` unless a hub with this key made it for this identity. It may have expired.
    pub(super) fn from_token(token: &str, key: &NegotiationKey, identity: &[u8]) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (signed, signature) = bytes.split_at_checked(SIGNED_BYTES)?;
        key.mac(signed, identity).verify_slice(signature).ok()?;
        let (id, expiry) = signed.split_at_checked(ID_BYTES)?;
        let expires_at = Duration::from_millis(u64::from_be_bytes(expiry.try_into().ok()?));
        Some(Self { id: ConnectionId::from_bytes(id.try_into().ok()?), expires_at })
    }

    /// False for an expired token, and for one that expires later than any that was made around now: a clock has jumped
    /// back. Clocks of several hubs may differ by up to `ttl`.
    pub(super) fn is_current(&self, now: Duration, ttl: Duration) -> bool {
        now < self.expires_at && self.expires_at <= now + ttl * 2
    }

    fn signed(&self) -> [u8; SIGNED_BYTES] {
        let mut bytes = [0; SIGNED_BYTES];
        bytes[..ID_BYTES].copy_from_slice(&self.id.0.to_be_bytes());
        bytes[ID_BYTES..].copy_from_slice(&millis(self.expires_at).to_be_bytes());
        bytes
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(15);
    const NOW: Duration = Duration::from_secs(1_800_000_000);

    fn negotiation() -> Negotiation {
        Negotiation::new(ConnectionId(7), NOW, TTL)
    }

    #[test]
    fn token_is_read_with_its_key_and_identity_only() {
        let (key, other) = (NegotiationKey::new([1; 32]), NegotiationKey::new([2; 32]));
        let token = negotiation().token(&key, b"good");
        assert_eq!(Negotiation::from_token(&token, &key, b"good"), Some(negotiation()));
        assert_eq!(Negotiation::from_token(&token, &other, b"good"), None);
        assert_eq!(Negotiation::from_token(&token, &key, b"other"), None);
    }

    #[test]
    fn changed_token_is_refused_whatever_its_byte() {
        let key = NegotiationKey::new([1; 32]);
        let bytes = BASE64URL_NOPAD.decode(negotiation().token(&key, b"good").as_bytes()).unwrap();
        for at in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[at] ^= 1;
            assert_eq!(Negotiation::from_token(&BASE64URL_NOPAD.encode(&forged), &key, b"good"), None, "byte {at}");
            let cut = BASE64URL_NOPAD.encode(&bytes[..at]);
            assert_eq!(Negotiation::from_token(&cut, &key, b"good"), None, "cut at {at}");
        }
        for nonsense in ["", "unknown", "%", "ä"] {
            assert_eq!(Negotiation::from_token(nonsense, &key, b"good"), None, "{nonsense}");
        }
    }

    #[test]
    fn token_is_current_for_its_time_to_live_on_clocks_that_differ_a_little() {
        let second = Duration::from_secs(1);
        assert!(negotiation().is_current(NOW, TTL));
        assert!(negotiation().is_current(NOW + TTL - second, TTL));
        assert!(!negotiation().is_current(NOW + TTL, TTL));
        assert!(negotiation().is_current(NOW - TTL, TTL));
        assert!(!negotiation().is_current(NOW - TTL - second, TTL));
    }
}
