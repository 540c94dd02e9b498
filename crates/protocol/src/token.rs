//! Server tokens, and the hash that a store keeps of one.

use crate::ServerId;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const SECRET_CHARS: usize = 32;

/// The error for a text that is no token. It does not contain the text, which may be a mistyped secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a token looks like srv_xxxxxxxxxxxx.yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy (a server id, a dot, 32 letters and digits)"
)]
pub struct InvalidToken;

/// A server's token: `<serverId>.<secret>`, where the secret is 32 of `[A-Za-z0-9]`. `Debug` hides the secret.
#[derive(Debug, Clone)]
pub struct ServerToken {
    server_id: ServerId,
    secret: SecretString,
}

impl ServerToken {
    /// Reads a token, ignoring blanks around it.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] if the text has another shape.
    pub fn parse(text: &str) -> Result<ServerToken, InvalidToken> {
        let (server_id, secret) = text.trim().split_once('.').ok_or(InvalidToken)?;
        Self::from_parts(server_id.parse().map_err(|_| InvalidToken)?, secret.into())
    }

    /// Makes a token from a server's id and a random secret.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] unless the secret is 32 letters and digits.
    pub fn from_parts(server_id: ServerId, secret: SecretString) -> Result<ServerToken, InvalidToken> {
        let text = secret.expose_secret();
        let good = text.len() == SECRET_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if good { Ok(ServerToken { server_id, secret }) } else { Err(InvalidToken) }
    }

    /// The server that the token belongs to.
    pub fn server_id(&self) -> &ServerId {
        &self.server_id
    }

    /// The whole token, for the `Authorization` header and for showing it once to the admin.
    pub fn expose(&self) -> SecretString {
        format!("{}.{}", self.server_id, self.secret.expose_secret()).into()
    }

    /// The part that proves who sends it.
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// The hash that a store keeps.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.secret)
    }
}

/// SHA-256 of a token's secret, which a store keeps in place of the secret.
///
/// The secret has 190 bits of entropy, so a slow password hash would add nothing.
#[derive(Debug, Clone)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash of this secret.
    pub fn of(secret: &SecretString) -> SecretHash {
        SecretHash(Sha256::digest(secret.expose_secret()).into())
    }

    /// A stored hash; `None` unless it is 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<SecretHash> {
        bytes.try_into().ok().map(SecretHash)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// True if both are equal, compared in constant time.
    pub fn matches(&self, other: &SecretHash) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "srv_abcdefghij12.0123456789abcdefghijABCDEFGHIJxy";

    #[test]
    fn token_matches_only_its_own_hash() {
        let token = ServerToken::parse(&format!(" {TEXT}\n")).unwrap();
        assert_eq!(token.server_id().as_str(), "srv_abcdefghij12");
        assert_eq!(token.expose().expose_secret(), TEXT);
        assert!(token.hash().matches(&SecretHash::from_bytes(token.hash().as_bytes()).unwrap()));
        let other = ServerToken::parse(&TEXT.replace("xy", "yx")).unwrap();
        assert!(!token.hash().matches(&other.hash()));
    }

    #[test]
    fn secret_is_in_no_debug_output_and_no_error() {
        let token = ServerToken::parse(TEXT).unwrap();
        assert!(!format!("{token:?}").contains("0123456789"));
        for bad in [
            "",
            "srv_a",
            "srv_a.short",
            "a b.0123456789abcdefghijABCDEFGHIJxy",
            "srv_a.0123456789abcdefghijABCDEFGHI-xy",
        ] {
            let error = ServerToken::parse(bad).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("0123456789"), "{bad}");
        }
    }
}
