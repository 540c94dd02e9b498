//! Turns an error of the connection to the store into advice: the setting to change, with its new value.

use crate::config::Store;
use flux_signalr::client::Diagnosis;

/// The error with advice. `path` is the path of the request below `store.url`, without its query.
pub(super) fn explain(error: &str, diagnosis: Option<&Diagnosis>, store: &Store, path: &str) -> String {
    match diagnosis.and_then(|diagnosis| advice(diagnosis, store, path)) {
        Some(advice) => format!("{error}; {advice}"),
        None => error.to_owned(),
    }
}

fn advice(diagnosis: &Diagnosis, store: &Store, path: &str) -> Option<String> {
    let url = &store.url;
    Some(match diagnosis {
        Diagnosis::Moved { to } => return moved(to, store, path),
        Diagnosis::NoTls => format!("this port speaks http, not https: set store.url to {}", with_scheme(url, "http")),
        Diagnosis::NeedsTls => format!("this port speaks https: set store.url to {}", with_scheme(url, "https")),
        Diagnosis::NotHttp | Diagnosis::ClosedEarly if is_plain(url) => {
            format!("check the port in store.url; if it speaks https, set store.url to {}", with_scheme(url, "https"))
        }
        Diagnosis::NotHttp | Diagnosis::ClosedEarly => {
            format!("check the port in store.url; if it speaks http, set store.url to {}", with_scheme(url, "http"))
        }
        Diagnosis::NothingListens => format!("nothing listens there: start the store, or correct store.url ({url})"),
        Diagnosis::UnknownHost => format!("correct the host name in store.url ({url}), or this machine's DNS"),
        Diagnosis::Silent => format!("check store.url ({url}) and the firewalls on the way"),
        Diagnosis::UntrustedCertificate => {
            "for a private CA set store.ca_file; else check the host name in store.url and this machine's clock"
                .to_owned()
        }
        Diagnosis::Intermediary => format!(
            "this is not the store's own answer: a bot check, a firewall or a proxy's login in front of {url} refuses the agent. \
             Let {} and {} pass there; the token is not the cause",
            store.hub_path, store.api_path
        ),
        Diagnosis::ServerBehindProxyDown => {
            format!("the proxy at {url} cannot reach the store: start the store, or correct its address in the proxy")
        }
        Diagnosis::NoWebSockets => format!(
            "a proxy in front of {url} passes no WebSockets: in nginx, set proxy_http_version 1.1 and the headers Upgrade and Connection \
             for {} (docs/how-to/tls-proxy.md)",
            store.hub_path
        ),
        Diagnosis::NotTheServer => {
            format!("no flux store answers at {url}{path}: correct store.url, store.hub_path or store.api_path")
        }
    })
}

/// Advice about a redirect: the store's new address, if the redirect leads to the same path there.
fn moved(to: &str, store: &Store, path: &str) -> Option<String> {
    let base = to.strip_suffix(path).filter(|base| base.contains("://") && *base != store.url);
    Some(match base {
        Some(base) => format!("set store.url to {base}"),
        None => format!(
            "set store.url to the store's own address, or let {} and {} pass without this redirect",
            store.hub_path, store.api_path
        ),
    })
}

fn is_plain(url: &str) -> bool {
    url.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("http://"))
}

fn with_scheme(url: &str, scheme: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    format!("{scheme}://{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use flux_protocol::ServerToken;

    fn store(url: &str) -> Store {
        let token = ServerToken::parse("srv_abcdefghij12.0123456789abcdefghijABCDEFGHIJxy").unwrap();
        Store {
            url: url.to_owned(),
            token,
            hub_path: "/hubs/agent".into(),
            api_path: "/api/v1/agent".into(),
            ca_file: None,
        }
    }

    fn said(url: &str, diagnosis: &Diagnosis) -> String {
        explain("failed", Some(diagnosis), &store(url), "/hubs/agent/negotiate")
    }

    #[test]
    fn advice_names_the_new_address() {
        let moved = |to: &str| Diagnosis::Moved { to: to.to_owned() };
        let plain = "http://store.example";
        for (diagnosis, address) in [
            (moved("https://store.example/hubs/agent/negotiate"), "https://store.example"),
            (moved("https://www.store.example/shop/hubs/agent/negotiate"), "https://www.store.example/shop"),
            (Diagnosis::NeedsTls, "https://store.example"),
            (Diagnosis::NotHttp, "https://store.example"),
        ] {
            let text = said(plain, &diagnosis);
            assert!(text.starts_with("failed; ") && text.ends_with(&format!("set store.url to {address}")), "{text}");
        }
        let text = said("https://store.example:8787", &Diagnosis::NoTls);
        assert!(text.ends_with("set store.url to http://store.example:8787"), "{text}");
    }

    #[test]
    fn redirect_to_a_login_is_not_taken_for_the_store() {
        let to = "https://login.example/cdn-cgi/access/login".to_owned();
        let text = said("https://store.example", &Diagnosis::Moved { to });
        assert!(text.contains("let /hubs/agent and /api/v1/agent pass"), "{text}");
    }
}
