//! Settings that work and are not safe: `check` and `status` show them, and the start logs them.

use super::Config;
use std::net::{IpAddr, SocketAddr};

/// A setting that works and is not safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// The setting.
    pub setting: RiskySetting,
    /// The danger, and what to do about it.
    pub text: String,
}

/// The settings that can be a risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RiskySetting {
    /// `store.url`: plain HTTP.
    StoreUrl,
    /// `rcon.address`: RCON, which is never encrypted.
    RconAddress,
    /// `metrics.listen`: metrics have no login.
    MetricsListen,
}

impl RiskySetting {
    /// The key in the configuration.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            RiskySetting::StoreUrl => "store.url",
            RiskySetting::RconAddress => "rcon.address",
            RiskySetting::MetricsListen => "metrics.listen",
        }
    }
}

impl Config {
    /// The settings that are not safe.
    #[must_use]
    pub fn risks(&self) -> Vec<Risk> {
        let found = [
            (RiskySetting::StoreUrl, plain_http(&self.store.url)),
            (RiskySetting::RconAddress, foreign_game(&self.rcon.address)),
            (RiskySetting::MetricsListen, self.metrics.listen.and_then(public_metrics)),
        ];
        found.into_iter().filter_map(|(setting, text)| Some(Risk { setting, text: text? })).collect()
    }
}

/// A name may be anywhere.
fn plain_http(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = host(rest.split('/').next().unwrap_or_default());
    let is_risky = scheme.eq_ignore_ascii_case("http") && !is_private(host) && !is_localhost(host);
    is_risky.then(|| format!("the connection to {url} is not encrypted, so others can read the token; use https"))
}

/// A name without a dot is one of the own network: of a container, of the hosts file.
fn foreign_game(address: &str) -> Option<String> {
    let host = host(address);
    let is_name_nearby = host.parse::<IpAddr>().is_err() && !host.contains('.');
    let is_risky = !is_private(host) && !is_name_nearby;
    is_risky.then(|| {
        format!(
            "{address} is outside this machine and its private networks, and RCON is not encrypted: others can read the password and \
             change commands; use a private network or a tunnel"
        )
    })
}

fn public_metrics(listen: SocketAddr) -> Option<String> {
    listen.ip().is_unspecified().then(|| {
        format!("metrics.listen is {listen}: every network of this machine can read them; use 127.0.0.1, or a firewall")
    })
}

/// The host of `host:port`; an IPv6 address has brackets.
fn host(authority: &str) -> &str {
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next(),
        None => authority.split(':').next(),
    };
    host.unwrap_or_default()
}

fn is_localhost(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
}

/// True for an address of this machine, of a private network or of a link.
fn is_private(host: &str) -> bool {
    match host.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_private() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_beyond_private_networks_is_a_risk() {
        for url in
            ["http://store.example", "HTTP://store.example:8787/x", "http://93.184.216.34", "http://[2001:db8::1]:8787"]
        {
            let text = plain_http(url).unwrap();
            assert!(text.contains(url) && text.ends_with("use https"), "{text}");
        }
        for url in [
            "https://store.example",
            "http://localhost:1",
            "http://127.0.0.1:8787",
            "http://10.0.0.1/",
            "http://[::1]:8787",
            "http://[fd00::1]",
            "http://[::ffff:10.0.0.1]",
        ] {
            assert_eq!(plain_http(url), None, "{url}");
        }
    }

    #[test]
    fn game_beyond_private_networks_is_a_risk() {
        for address in
            ["203.0.113.5:25575", "mc.example.com:25575", "[2001:db8::1]:25575", "[::ffff:203.0.113.5]:25575"]
        {
            let text = foreign_game(address).unwrap();
            assert!(text.starts_with(address) && text.contains("not encrypted"), "{text}");
        }
        for address in [
            "127.0.0.1:25575",
            "localhost:25575",
            "172.18.0.1:25575",
            "192.168.1.7:1",
            "[::1]:25575",
            "[fd00::1]:25575",
            "minecraft:25575",
        ] {
            assert_eq!(foreign_game(address), None, "{address}");
        }
    }

    #[test]
    fn metrics_that_every_network_reaches_are_a_risk() {
        for listen in ["0.0.0.0:9464", "[::]:9464"] {
            assert!(public_metrics(listen.parse().unwrap()).unwrap().contains(listen), "{listen}");
        }
        assert_eq!(public_metrics("127.0.0.1:9464".parse().unwrap()), None);
    }
}
