//! The keyed hash of a forgotten friend's address: it finds the same mailbox again, and does not tell it.

use flux_referral_rules::EmailKey;
use flux_storage::{Error, Tx, meta};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The key of the hashes, made with the database.
pub(crate) struct ForgottenKey([u8; 32]);

impl ForgottenKey {
    /// This database's key.
    ///
    /// # Errors
    ///
    /// The database's.
    pub(crate) fn load(tx: &Tx<'_>) -> Result<ForgottenKey, Error> {
        meta::forgotten_key(tx).map(ForgottenKey)
    }

    /// The hash of a mailbox.
    pub(crate) fn hash(&self, mailbox: &EmailKey) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key");
        mac.update(mailbox.as_str().as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailbox_has_one_hash_that_needs_the_key() {
        let hash = |key: u8, address: &str| ForgottenKey([key; 32]).hash(&EmailKey::of(address).unwrap());
        assert_eq!(hash(1, "S.R+x@GoogleMail.com"), hash(1, "sr@gmail.com"));
        assert_ne!(hash(1, "a@example.com"), hash(1, "b@example.com"));
        assert_ne!(hash(1, "a@example.com"), hash(2, "a@example.com"));
    }
}
