//! Ids and secrets, drawn from the random source.

use flux_platform::Entropy;
use flux_protocol::{CommandId, SecretHash, ServerId, ServerToken};
use flux_shop::CustomerId;
use flux_storage::NodeId;
use secrecy::{ExposeSecret, SecretString};

const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// 190 bits: no slow hash is needed.
const SECRET_CHARS: usize = 32;
/// The beginning of every API key.
pub(crate) const KEY_PREFIX: &str = "flux_sk_";

/// A new server's id: `srv_` and 12 of `[a-z0-9]`.
pub fn server_id(entropy: &dyn Entropy) -> ServerId {
    #[expect(clippy::expect_used, reason = "16 characters of a-z, 0-9 and _ are an id")]
    format!("srv_{}", entropy.text(LOWER, 12)).parse().expect("an id")
}

/// The id of a command created by hand: as long as a derived one.
pub(crate) fn command_id(entropy: &dyn Entropy) -> CommandId {
    #[expect(clippy::expect_used, reason = "30 characters of a-z, 0-9 and _ are an id")]
    format!("cmd_{}", entropy.text(LOWER, 26)).parse().expect("an id")
}

/// The id that replaces a forgotten customer's.
pub(crate) fn anonymous_customer(entropy: &dyn Entropy) -> CustomerId {
    #[expect(clippy::expect_used, reason = "25 characters of a-z, 0-9 and _ are an id")]
    format!("anon_{}", entropy.text(LOWER, 20)).parse().expect("an id")
}

/// The id of this process.
pub(crate) fn node_id(entropy: &dyn Entropy) -> NodeId {
    NodeId::new(format!("node_{}", entropy.text(LOWER, 20)))
}

/// A request's id, for logs and error answers.
pub(crate) fn request_id(entropy: &dyn Entropy) -> String {
    format!("req_{}", entropy.text(LOWER, 16))
}

/// A new token of this server.
pub fn server_token(entropy: &dyn Entropy, server: ServerId) -> ServerToken {
    #[expect(clippy::expect_used, reason = "32 letters and digits are a secret")]
    ServerToken::from_parts(server, entropy.text(ALPHANUMERIC, SECRET_CHARS).into()).expect("a secret")
}

/// An API key in plain text: shown once, kept as its hash. Debug shows nothing of it.
#[derive(Debug, Clone)]
pub struct KeySecret(SecretString);

impl KeySecret {
    /// Draws a new key.
    pub fn draw(entropy: &dyn Entropy) -> KeySecret {
        KeySecret(format!("{KEY_PREFIX}{}", entropy.text(ALPHANUMERIC, SECRET_CHARS)).into())
    }

    /// Reads what a caller sent; `None` for what cannot be a key.
    pub fn parse(text: &str) -> Option<KeySecret> {
        let secret = text.strip_prefix(KEY_PREFIX)?;
        let good = secret.len() == SECRET_CHARS && secret.bytes().all(|byte| byte.is_ascii_alphanumeric());
        good.then(|| KeySecret(text.into()))
    }

    /// The hash that is stored.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }

    /// The key itself, to be shown once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}
