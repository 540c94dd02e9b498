//! The `webhook` section: the receiver of events and the key of the signatures.

use crate::limits::WEBHOOK_SECRET_CHARS;
use flux_config::{Secret, SecretKeys, SecretOrigin, SecretSources, Section};
use http::Uri;
use secrecy::{ExposeSecret, SecretString};

/// The `webhook` section.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The receiver's address.
    pub url: WebhookUrl,
    /// The key of the requests' signatures.
    pub secret: SecretString,
}

/// The receiver's address, in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookUrl {
    /// `https`.
    pub tls: bool,
    /// The name or address, IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Host and port as the address has them.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

fn is_short(secret: &Secret) -> bool {
    secret.value.expose_secret().chars().count() < WEBHOOK_SECRET_CHARS
}

impl Webhook {
    /// `None` if the section is absent.
    pub(super) fn read(section: Option<Section<'_>>, sources: &SecretSources) -> Option<Webhook> {
        let mut webhook = section?;
        let url = webhook.required_parsed("url", "an address such as https://shop.example.com/hook", url);
        let keys = SecretKeys {
            inline: "secret",
            file: "secret_file",
            credential: "webhook-secret",
            environment: "FLUX_COMPANION_WEBHOOK_SECRET",
        };
        let secret = webhook.required_secret(keys, sources);
        if let Some(short) = secret.as_ref().filter(|secret| is_short(secret)) {
            let (key, source) = match &short.from {
                SecretOrigin::Inline => (keys.inline, String::new()),
                other => (keys.file, format!("{other} ")),
            };
            // 24 random bytes are 32 characters of base64.
            let make = "so that it can be guessed; make one with: head -c 24 /dev/urandom | base64";
            webhook.report(key, &format!("{source}has fewer than {WEBHOOK_SECRET_CHARS} characters, {make}"));
        }
        webhook.finish();
        Some(Webhook { url: url?, secret: secret?.value })
    }
}

fn url(text: &str) -> Result<WebhookUrl, &'static str> {
    let wrong = "is not an http:// or https:// address";
    let uri: Uri = text.parse().map_err(|_| wrong)?;
    let tls = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(wrong),
    };
    let authority = uri.authority().ok_or(wrong)?;
    if authority.as_str().contains('@') {
        return Err("contains a user name");
    }
    Ok(WebhookUrl {
        tls,
        host: authority.host().trim_matches(['[', ']']).to_owned(),
        port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
        authority: authority.to_string(),
        path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
    })
}
