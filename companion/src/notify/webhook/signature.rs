use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// A body's signature: `v1=` and HMAC-SHA256 in hexadecimal over the timestamp (seconds since 1970), a dot, and the body.
pub fn signature(secret: &SecretString, timestamp: i64, body: &[u8]) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).expect("a key");
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("v1={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_anybody_computes_with_openssl() {
        // printf '1800000000.{"events":[]}' | openssl dgst -sha256 -hmac 'whsec'
        let signed = signature(&"whsec".into(), 1_800_000_000, br#"{"events":[]}"#);
        assert_eq!(signed, "v1=1a1c5e4af0f54736b32d2d6ca710b9a86bced216bfa61d7b02ea1d149b3a161b");
    }
}
