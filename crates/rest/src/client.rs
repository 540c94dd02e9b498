//! The address of a request's client, as the limits by address count it.

use crate::rate::Peer;
use http::HeaderMap;
use std::net::IpAddr;

/// The client's address: the one that a proxy on this machine reports, else the connection's other end. An IPv6 household
/// owns a whole /64 network, which counts as one address.
pub fn client_address(peer: Option<&Peer>, headers: &HeaderMap) -> Option<String> {
    let is_loopback = |peer: &Peer| peer.0.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback());
    let is_local = peer.is_none_or(is_loopback);
    // Only the last entry of the last header is the local proxy's own. A client can send the others.
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    let forwarded = forwarded.and_then(|list| list.rsplit(',').next()).filter(|_| is_local).and_then(address);
    let peer = || peer.map(|peer| peer.0.parse().map_or_else(|_| peer.0.clone(), household));
    forwarded.map(household).or_else(peer)
}

/// The address in an entry of `X-Forwarded-For`, which may have brackets, a port and a zone. `None` for anything else, such
/// as `unknown`.
fn address(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let (host, port) = match entry.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None if entry.matches(':').count() == 1 => entry.split_at(entry.find(':')?),
        None => (entry, ""),
    };
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    let (host, _zone) = host.split_once('%').unwrap_or((host, ""));
    host.parse().ok().filter(|_| is_port)
}

fn household(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        address => address.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn from(peer: &str, lines: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        client_address(Some(&Peer(peer.to_owned())), &headers).unwrap()
    }

    #[test]
    fn only_the_last_entry_of_a_proxy_on_this_machine_is_believed() {
        assert_eq!(from("127.0.0.1", &["1.1.1.1, 2.2.2.2"]), "2.2.2.2");
        assert_eq!(from("127.0.0.1", &["1.1.1.1", "2.2.2.2"]), "2.2.2.2", "a client's own entries come before");
        assert_eq!(from("::ffff:127.0.0.1", &["2.2.2.2"]), "2.2.2.2");
        assert_eq!(from("9.9.9.9", &["2.2.2.2"]), "9.9.9.9");
        assert_eq!(from("9.9.9.9", &[]), "9.9.9.9");
    }

    #[test]
    fn ipv6_network_is_one_client() {
        assert_eq!(from("::1", &["2001:db8:1:2:3::4"]), from("::1", &["2001:db8:1:2:ffff::1"]));
        assert_ne!(from("::1", &["2001:db8:1:2::1"]), from("::1", &["2001:db8:1:3::1"]));
        assert_eq!(from("::1", &["::ffff:2.2.2.2"]), "2.2.2.2");
    }

    #[test]
    fn ports_are_left_out_and_what_is_no_address_counts_as_the_proxy() {
        assert_eq!(from("127.0.0.1", &["2.2.2.2:1000"]), "2.2.2.2");
        assert_eq!(from("::1", &["[2001:db8:1:2:3::4]:1000"]), from("::1", &["[2001:db8:1:2::4]"]));
        for garbage in ["garbage-1", "2.2.2.2:70000", "2.2.2.2, ", "[2.2.2.2", "unknown", ""] {
            assert_eq!(from("127.0.0.1", &[garbage]), "127.0.0.1", "{garbage}");
        }
    }

    #[test]
    fn entry_is_an_address_with_brackets_port_and_zone_or_none() {
        let of = |entry: &str| address(entry).map(household);
        let good = ["203.0.113.7", " 203.0.113.7:51234 ", "[203.0.113.7]:80", "[203.0.113.7]", "::ffff:203.0.113.7"];
        assert_eq!(good.map(of), good.map(|_| Some("203.0.113.7".to_owned())));
        let good = ["2001:db8:1:2::4", "2001:DB8:1:2::5", "[2001:db8:1:2::4]", "[2001:db8:1:2:ffff::]:443"];
        assert_eq!(good.map(of), good.map(|_| Some("2001:db8:1:2::/64".to_owned())));
        let good = ["[fe80::1%eth0]:443", "fe80::1%eth0", "[fe80::1%1]"];
        assert_eq!(good.map(of), good.map(|_| Some("fe80:0:0:0::/64".to_owned())));
        for garbage in [
            "",
            ":",
            "[]",
            "[]:80",
            "%eth0",
            "unknown",
            "_hidden",
            "localhost",
            "203.0.113.999",
            "203.0.113.7:",
            "203.0.113.7:port",
            "203.0.113.7:65536",
            "203.0.113.7 198.51.100.1",
            "[2001:db8::1",
            "2001:db8::1]:443",
            "[2001:db8::1]443",
            "[2001:db8::1]:",
            "1:2:3",
            &"9".repeat(10_000),
        ] {
            assert_eq!(of(garbage), None, "{garbage:?}");
        }
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_bytes(b"2.2.2.2\xff").unwrap());
        assert_eq!(client_address(Some(&Peer("127.0.0.1".to_owned())), &headers).as_deref(), Some("127.0.0.1"));
    }
}
