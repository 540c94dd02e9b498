//! Settings that work and are not safe. `check` shows them, and the start logs them. Settings that give a secret away are
//! mistakes of the config instead.

use super::{Config, WebhookUrl};
use std::net::{IpAddr, SocketAddr};

/// A setting that works and is not safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// The section or the key.
    pub what: &'static str,
    /// The danger, and what to do about it.
    pub text: String,
}

/// The networks that carry what is sent to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// None: the host is this machine.
    Loopback,
    /// The machine's own link, at addresses that no router passes on. Clouds serve a machine's credentials there.
    LinkLocal,
    /// Any: a name can lead anywhere.
    Network,
}

impl Config {
    /// The settings that are not safe.
    pub fn risks(&self) -> Vec<Risk> {
        let listen = listen_risk(self.listen);
        let metrics = self.metrics.listen.and_then(metrics_risk);
        let webhook = self.webhook.as_ref().and_then(|webhook| webhook_risk(&webhook.url));
        [listen, metrics, webhook].into_iter().flatten().collect()
    }
}

/// True for a host that is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    reach(host) == Reach::Loopback
}

fn reach(host: &str) -> Reach {
    match host.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(address) if address.is_loopback() => Reach::Loopback,
        Ok(IpAddr::V4(address)) if address.is_link_local() => Reach::LinkLocal,
        Ok(IpAddr::V6(address)) if address.is_unicast_link_local() => Reach::LinkLocal,
        Err(_) if host.eq_ignore_ascii_case("localhost") => Reach::Loopback,
        Ok(_) | Err(_) => Reach::Network,
    }
}

fn listen_risk(listen: SocketAddr) -> Option<Risk> {
    let text = "every network of this machine reaches the API without TLS; use 127.0.0.1 and a proxy, or a firewall";
    listen.ip().is_unspecified().then(|| Risk { what: "listen", text: format!("{listen}: {text}") })
}

/// Metrics have no login.
fn metrics_risk(listen: SocketAddr) -> Option<Risk> {
    let text = "every network of this machine can read the store's figures; use 127.0.0.1, or a firewall";
    listen.ip().is_unspecified().then(|| Risk { what: "metrics", text: format!("{listen}: {text}") })
}

fn webhook_risk(url: &WebhookUrl) -> Option<Risk> {
    let host = &url.host;
    let text = match (reach(host), url.tls) {
        (Reach::LinkLocal, _) => {
            format!("{host} is a link-local address, where clouds serve a machine's credentials; use the shop's own")
        }
        (Reach::Network, false) => {
            format!("events, with customers' names and addresses, go to {host} unencrypted; use https")
        }
        (Reach::Network, true) | (Reach::Loopback, _) => return None,
    };
    Some(Risk { what: "webhook", text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flux_config::{ConfigFile, SecretSources};

    fn risks(text: &str) -> Vec<Risk> {
        let file = ConfigFile { path: "companion.yml".into(), text: text.to_owned(), mode: 0o600 };
        Config::parse(&file, &SecretSources::default()).unwrap().risks()
    }

    fn of_webhook(url: &str) -> Vec<Risk> {
        risks(&format!("webhook: {{url: '{url}', secret: {}}}", "x".repeat(32)))
    }

    #[test]
    fn address_of_every_network_is_a_risk() {
        for listen in ["0.0.0.0:8787", "[::]:8787"] {
            assert_eq!(risks(&format!("listen: '{listen}'"))[0].what, "listen", "{listen}");
        }
        for listen in ["0.0.0.0:9465", "[::]:9465"] {
            assert_eq!(risks(&format!("metrics: {{listen: '{listen}'}}"))[0].what, "metrics", "{listen}");
        }
        assert_eq!(risks("listen: 10.0.0.1:8787\nmetrics: {listen: '10.0.0.1:9465'}"), []);
    }

    #[test]
    fn webhook_in_clear_text_is_a_risk_beyond_this_machine() {
        for url in [
            "http://shop.example.com/hook",
            "http://10.0.0.7:3000/",
            "HTTP://[2001:db8::1]/",
            "http://localhost.example/",
        ] {
            let found = of_webhook(url);
            assert!(found.len() == 1 && found[0].text.contains("unencrypted"), "{url}: {found:?}");
        }
        for url in [
            "https://shop.example.com/hook",
            "https://10.0.0.7/",
            "http://127.0.0.1:3000/",
            "http://[::1]:3000/",
            "http://[::ffff:127.0.0.1]/",
            "http://LOCALHOST/",
        ] {
            assert_eq!(of_webhook(url), [], "{url}");
        }
    }

    #[test]
    fn link_local_webhook_is_a_risk_with_and_without_tls() {
        for url in [
            "http://169.254.169.254/latest",
            "https://169.254.169.254/",
            "https://[fe80::1]/",
            "http://[::ffff:169.254.1.1]/",
        ] {
            let found = of_webhook(url);
            assert!(found.len() == 1 && found[0].text.contains("link-local"), "{url}: {found:?}");
        }
    }
}
