//! One-click unsubscribe (RFC 8058): the tokens in the links of mails, and the hashes of recipients who want no more.

use data_encoding::BASE64URL_NOPAD;
use flux_shop::Event;
use flux_storage::{Error, Tx, customers, meta};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of a token's signature: nobody guesses 128 bits.
const SIGNATURE_BYTES: usize = 16;

/// Signs the tokens, and hides the addresses of those who want no mail.
pub(crate) struct UnsubscribeKey([u8; 32]);

/// A recipient's mailbox, as the database keeps it.
pub(crate) type RecipientHash = Vec<u8>;

impl UnsubscribeKey {
    /// This database's key.
    ///
    /// # Errors
    /// The database's.
    pub(crate) fn load(tx: &Tx<'_>) -> Result<UnsubscribeKey, Error> {
        meta::unsubscribe_key(tx).map(UnsubscribeKey)
    }

    /// The token of an event's mail.
    pub(crate) fn token(&self, seq: i64) -> String {
        let signature = self.signed("mail", &seq.to_be_bytes()).finalize().into_bytes();
        BASE64URL_NOPAD.encode(&[&seq.to_be_bytes(), &signature[..SIGNATURE_BYTES]].concat())
    }

    /// The event of a token; `None` for one that no mail had.
    pub(crate) fn read(&self, token: &str) -> Option<i64> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (seq, signature) = bytes.split_at_checked(size_of::<i64>())?;
        let is_whole = signature.len() == SIGNATURE_BYTES;
        let seq: [u8; 8] = seq.try_into().ok().filter(|_| is_whole)?;
        self.signed("mail", &seq).verify_truncated_left(signature).ok().map(|()| i64::from_be_bytes(seq))
    }

    /// A mailbox by its address, however it is written; `None` for a text that is none.
    pub(crate) fn recipient(&self, address: &str) -> Option<RecipientHash> {
        let key = customers::key(address)?;
        Some(self.signed("recipient", key.as_bytes()).finalize().into_bytes().to_vec())
    }

    fn signed(&self, purpose: &str, bytes: &[u8]) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key");
        mac.update(purpose.as_bytes());
        mac.update(b".");
        mac.update(bytes);
        mac
    }
}

/// The recipient of an event's mail: the address that the event names, else the customer's.
///
/// # Errors
/// The reason that there is none.
pub(crate) fn recipient<'a>(event: &'a Event, customer: Option<&'a str>) -> Result<&'a str, &'static str> {
    // Forgetting a customer empties the events.
    event.data["subject"].as_str().ok_or("the customer was forgotten")?;
    event.data["to"].as_str().or(customer).ok_or("the customer has no address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unchanged_token_of_this_key_is_read() {
        let (key, other) = (UnsubscribeKey([1; 32]), UnsubscribeKey([2; 32]));
        let token = key.token(7);
        assert_eq!((key.read(&token), other.read(&token)), (Some(7), None));
        for at in 0..token.len() {
            let changed = if &token[at..=at] == "A" { "B" } else { "A" };
            let wrong = [&token[..at], changed, &token[at + 1..]].concat();
            assert_eq!(key.read(&wrong).filter(|seq| *seq != 7), None, "{wrong}");
            assert_eq!(key.read(&token[..at]), None);
        }
        for wrong in ["", "ä", "AAAAAAAAAAc", &format!("{token}A"), &format!("{token}AAAA")] {
            assert_eq!(key.read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn mailbox_has_one_hash_however_it_is_written() {
        let key = UnsubscribeKey([1; 32]);
        assert_eq!(key.recipient("S.R+x@GoogleMail.com"), key.recipient("sr@gmail.com"));
        assert_ne!(key.recipient("a@example.com"), key.recipient("b@example.com"));
        assert_ne!(key.recipient("a@example.com"), UnsubscribeKey([2; 32]).recipient("a@example.com"));
        assert_eq!(key.recipient(" "), None);
    }
}
