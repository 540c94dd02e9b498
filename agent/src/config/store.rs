//! The section `store`: address, token and certificates.

use flux_config::{SecretKeys, SecretOrigin, SecretSources, Section};
use flux_protocol::ServerToken;
use http::Uri;
use secrecy::ExposeSecret;
use std::path::PathBuf;

/// `store`: connection to the store.
#[derive(Debug, Clone)]
pub struct Store {
    /// `url`, without a trailing slash.
    pub url: String,
    /// The server's token.
    pub token: ServerToken,
    /// `hub_path`, appended to `url`.
    pub hub_path: String,
    /// `api_path`, appended to `url`.
    pub api_path: String,
    /// `ca_file`: certificates of a private CA, trusted in addition to the machine's own.
    pub ca_file: Option<PathBuf>,
}

impl Store {
    /// The hub's address.
    pub fn hub_url(&self) -> String {
        format!("{}{}", self.url, self.hub_path)
    }

    /// The address of the agent's REST calls.
    pub fn api_url(&self) -> String {
        format!("{}{}", self.url, self.api_path)
    }
}

pub(super) fn read(mut section: Section<'_>, sources: &SecretSources) -> Option<Store> {
    let url = section.required_parsed("url", "an address such as https://store.example.com", base_url);
    let keys = SecretKeys { inline: "token", file: "token_file", credential: "token", environment: "FLUX_AGENT_TOKEN" };
    let token = section.required_secret(keys, sources).and_then(|secret| {
        let token = ServerToken::parse(secret.value.expose_secret());
        if token.is_err() {
            let key = if secret.from == SecretOrigin::Inline { "token" } else { "token_file" };
            let blank = if secret.is_padded { " (it begins or ends with a blank)" } else { "" };
            let place = format!(
                "{} does not hold a token{blank}; a token looks like srv_xxxxxxxxxxxx.yyyyyyyy… (the store shows it once)",
                secret.from
            );
            section.report(key, &place);
        }
        token.ok()
    });
    finish(section, url, token)
}

/// Reads the section with this token in place of the configured one; returns `token_file` too.
pub(super) fn read_with_token(mut section: Section<'_>, token: ServerToken) -> (Option<PathBuf>, Option<Store>) {
    let url = section.required_parsed("url", "an address such as https://store.example.com", base_url);
    let file = section.path("token_file");
    section.ignore("token");
    (file, finish(section, url, Some(token)))
}

fn finish(mut section: Section<'_>, url: Option<String>, token: Option<ServerToken>) -> Option<Store> {
    let hub_path =
        section.parsed("hub_path", "a path such as /hubs/agent", path).unwrap_or_else(|| "/hubs/agent".into());
    let api_path =
        section.parsed("api_path", "a path such as /api/v1/agent", path).unwrap_or_else(|| "/api/v1/agent".into());
    let ca_file = section.path("ca_file");
    section.finish();
    Some(Store { url: url?, token: token?, hub_path, api_path, ca_file })
}

fn base_url(text: &str) -> Result<String, &'static str> {
    let uri: Uri = text.parse().map_err(|_| "is not an address")?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("begins with neither https:// nor http://");
    }
    let authority = uri.authority().ok_or("has no host")?;
    if authority.as_str().contains('@') {
        return Err("has a name or password in it; put the token into store.token_file");
    }
    if uri.query().is_some() {
        return Err("has a query");
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn path(text: &str) -> Result<String, &'static str> {
    let good =
        text.starts_with('/') && !text.ends_with('/') && text.parse::<Uri>().is_ok_and(|uri| uri.query().is_none());
    if good {
        Ok(text.to_owned())
    } else {
        Err("must begin with a slash, must not end with one, and must have no query")
    }
}
