//! A request's path as the log shows it. Somebody may paste a key or a token into an address: the log does not repeat it.

use crate::secrets::KEY_PREFIX;
use std::borrow::Cow;

/// Rounds of percent-decoding: a key may be encoded, and a proxy may have encoded the path again.
const ROUNDS: usize = 3;
const MASK: &str = "***";

/// The path, with the secret part of every API key and server token masked. A path with one is shown decoded.
pub(super) fn logged_path(path: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(path);
    for _ in 0..ROUNDS {
        if text.contains('%') {
            text = decoded(&text).into();
        }
    }
    masked(&text).map_or(path.into(), Cow::Owned)
}

/// The text with its secrets masked, each up to the next slash; `None` if there is none.
fn masked(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((shown, secret)) = split_at_secret(rest) {
        out.push_str(shown);
        out.push_str(MASK);
        rest = &secret[secret.find('/').unwrap_or(secret.len())..];
    }
    (!out.is_empty()).then(|| out + rest)
}

/// The text up to the first secret, and the text from it on.
fn split_at_secret(text: &str) -> Option<(&str, &str)> {
    let key = text.find(KEY_PREFIX).map(|at| at + KEY_PREFIX.len());
    let token = text.match_indices("srv_").find_map(|(at, prefix)| {
        let id = &text[at + prefix.len()..];
        let dot = id
            .find(|c: char| !c.is_ascii_alphanumeric() && !"_-".contains(c))
            .filter(|dot| id[*dot..].starts_with('.'))?;
        let secret = at + prefix.len() + dot + 1;
        text[secret..].starts_with(|c: char| c.is_ascii_alphanumeric()).then_some(secret)
    });
    let at = key.into_iter().chain(token).min()?;
    Some(text.split_at(at))
}

/// The text without percent-encoding, where that is text.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let encoded = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        bytes.push(encoded.unwrap_or(*first));
        rest = if encoded.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_tokens_are_masked() {
        for (path, logged) in [
            ("/flux_sk_0123456789abcdefABCDEF0123456789", "/flux_sk_***"),
            ("/api/v1/flux_sk_0123456789abcdefABCDEF0123456789/orders", "/api/v1/flux_sk_***/orders"),
            ("/flux_sk_cut0ff", "/flux_sk_***"),
            ("/flux_sk_", "/flux_sk_***"),
            ("/x/srv_0123456789ab.0123456789abcdefABCDEF0123456789", "/x/srv_0123456789ab.***"),
            ("/flux_sk_mis-typed.key/x", "/flux_sk_***/x"),
            ("/srv_a.b,srv_c.d/srv_.e/flux_sk_f", "/srv_a.***/srv_.***/flux_sk_***"),
            ("/%66lux%5Fsk_Secret1", "/flux_sk_***"),
            ("/flux_sk_Sec%72et1", "/flux_sk_***"),
            ("/srv_a%2ESecret1", "/srv_a.***"),
            ("/srv_a%252ESecret1", "/srv_a.***"),
            ("/flux_sk_Sec%2525252572et1", "/flux_sk_***"),
            ("/%ff%/flux%5fsk_Secret1", "/\u{fffd}%/flux_sk_***"),
        ] {
            assert_eq!(logged_path(path), logged, "{path}");
        }
    }

    #[test]
    fn other_paths_are_logged_as_they_came() {
        for path in [
            "/",
            "/api/v1/servers/srv_0123456789ab",
            "/api/v1/servers/srv_0123456789ab/token",
            "/srv_a.",
            "/srv_a./b",
            "/api/v1/orders/cs_test_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6",
            "/a%20b%2",
            "/%",
            "/é.srv_",
        ] {
            assert_eq!(logged_path(path), path);
        }
    }
}
