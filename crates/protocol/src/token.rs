use crate::ServerId;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const SECRET_CHARS: usize = 32;

/// A text that is no token. Says nothing of the text, which may be a mistyped secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a token looks like srv_xxxxxxxxxxxx.yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy (a server id, a dot, 32 letters and digits)"
)]
pub struct InvalidToken;

/// A server's token: `<serverId>.<secret>`, the secret 32 of `[A-Za-z0-9]`. Debug shows the server id alone.
#[derive(Debug, Clone)]
pub struct ServerToken {
    server_id: ServerId,
    secret: SecretString,
}

impl ServerToken {
    /// Reads a token, blanks around it ignored.
    pub fn parse(text: &str) -> Result<ServerToken, InvalidToken> {
        let (server_id, secret) = text.trim().split_once('.').ok_or(InvalidToken)?;
        Self::from_parts(server_id.parse().map_err(|_| InvalidToken)?, secret.into())
    }

    /// Makes a token of a server and a secret drawn for it.
    pub fn from_parts(server_id: ServerId, secret: SecretString) -> Result<ServerToken, InvalidToken> {
        let text = secret.expose_secret();
        let good = text.len() == SECRET_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if good { Ok(ServerToken { server_id, secret }) } else { Err(InvalidToken) }
    }

    /// The server that the token belongs to.
    pub fn server_id(&self) -> &ServerId {
        &self.server_id
    }

    /// The whole token, for the `Authorization` header and for showing it once.
    pub fn expose(&self) -> SecretString {
        format!("{}.{}", self.server_id, self.secret.expose_secret()).into()
    }

    /// What a store keeps of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.secret)
    }
}

/// SHA-256 of a secret: what a store keeps. The secret has 190 bits of entropy, so no slow hash is needed.
#[derive(Debug, Clone)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash of this secret.
    pub fn of(secret: &SecretString) -> SecretHash {
        SecretHash(Sha256::digest(secret.expose_secret()).into())
    }

    /// A stored hash; `None` when it has not 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<SecretHash> {
        bytes.try_into().ok().map(SecretHash)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether both are the same, in constant time.
    pub fn matches(&self, other: &SecretHash) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "srv_abcdefghij12.0123456789abcdefghijABCDEFGHIJxy";

    #[test]
    fn a_token_is_read_and_matches_its_own_hash_only() {
        let token = ServerToken::parse(&format!(" {TEXT}\n")).unwrap();
        assert_eq!(token.server_id().as_str(), "srv_abcdefghij12");
        assert_eq!(token.expose().expose_secret(), TEXT);
        assert!(token.hash().matches(&SecretHash::from_bytes(token.hash().as_bytes()).unwrap()));
        let other = ServerToken::parse(&TEXT.replace("xy", "yx")).unwrap();
        assert!(!token.hash().matches(&other.hash()));
    }

    #[test]
    fn a_secret_is_in_no_debug_output_and_in_no_error() {
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
