//! The section `rcon`: address, password and timeout of the game.

use flux_config::{SecretKeys, SecretSources, Section};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// `rcon`: connection to the game.
#[derive(Debug, Clone)]
pub struct Rcon {
    /// `address`: host and port.
    pub address: String,
    /// The password in server.properties (`rcon.password`).
    pub password: SecretString,
    /// `timeout` of one command.
    pub timeout: Duration,
}

impl Rcon {
    /// True if nothing has changed, the password included.
    pub fn is_same(&self, other: &Rcon) -> bool {
        self.address == other.address
            && self.timeout == other.timeout
            && self.password.expose_secret() == other.password.expose_secret()
    }
}

pub(super) fn read(mut section: Section<'_>, sources: &SecretSources) -> Option<Rcon> {
    let address = section
        .parsed("address", "host and port, such as 127.0.0.1:25575", host_and_port)
        .unwrap_or_else(|| "127.0.0.1:25575".into());
    let keys = SecretKeys {
        inline: "password",
        file: "password_file",
        credential: "rcon-password",
        environment: "FLUX_AGENT_RCON_PASSWORD",
    };
    let password = section.required_secret(keys, sources);
    let timeout = timeout(&mut section);
    section.finish();
    Some(Rcon { address, password: password?.value, timeout })
}

/// The default of `timeout`.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn timeout(section: &mut Section<'_>) -> Duration {
    section.duration("timeout", Duration::from_secs(1)..=Duration::from_secs(300), TIMEOUT)
}

pub(super) fn host_and_port(text: &str) -> Result<String, &'static str> {
    let (host, port) = text.rsplit_once(':').ok_or("has no port")?;
    let port: u16 = port.parse().map_err(|_| "has a port that is not a number from 1 to 65535")?;
    if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
        return Err("has an IPv6 address without brackets");
    }
    let host_ok = !host.is_empty() && !host.contains(char::is_whitespace) && !host.contains('/');
    if host_ok && port > 0 { Ok(text.to_owned()) } else { Err("is not host:port") }
}
