//! `GET /r/{code}`: the public link. It counts the visit and redirects to the store.

use super::ReferralApi;
use crate::service::{self, ClickOutcome, Visitor};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, http::HeaderMap};
use data_encoding::BASE64URL_NOPAD;
use flux_rest::Peer;
use flux_rest::VisitorRate;
use flux_rest::{ApiError, PathTexts};
use flux_shop::Actor;
use http::{HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;

/// Redirects a visitor to the store: with the code, or without it while the link is disabled.
pub async fn visit(
    State(api): State<Arc<ReferralApi>>,
    Extension(visitors): Extension<VisitorRate>,
    peer: Option<Extension<Peer>>,
    method: Method,
    headers: HeaderMap,
    PathTexts(code): PathTexts<String>,
) -> Result<Response, ApiError> {
    let address = address(peer.as_ref().map(|Extension(Peer(address))| address.as_str()), &headers);
    visitors.check(address.as_deref().unwrap_or_default())?;
    let at = api.now();
    let clicked = api.write(Actor::companion(), move |tx, by, ctx| {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let key = address.as_ref().map(|address| visitor_key(address, text("user-agent").unwrap_or_default()));
        // A request for the headers alone is not a visit.
        let purpose = if method == Method::HEAD { Some("prefetch") } else { text("sec-purpose").or(text("purpose")) };
        let visitor = Visitor { key: key.as_deref(), user_agent: text("user-agent"), purpose };
        service::click(tx, by, ctx, &code, visitor, at)
    });
    let to = match clicked.await? {
        ClickOutcome::Unknown => {
            return Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_code", "nobody has this code"));
        }
        ClickOutcome::Dead { home, .. } => home,
        ClickOutcome::Leads { link } => link.url,
    };
    let to = HeaderValue::from_str(&to)
        .map_err(|_| ApiError::new(StatusCode::NOT_FOUND, "no_landing", "the link leads nowhere"))?;
    let cache = HeaderValue::from_static("no-store");
    Ok((StatusCode::FOUND, [(header::LOCATION, to), (header::CACHE_CONTROL, cache)]).into_response())
}

/// The visitor's address: the one that a proxy on this machine reports, else the peer's.
fn address(peer: Option<&str>, headers: &HeaderMap) -> Option<String> {
    let is_loopback = |peer: &str| peer.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback());
    let is_local = peer.is_none_or(is_loopback);
    // Only the last entry of the last header is the local proxy's own. A client can send the others.
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    let forwarded = forwarded.and_then(|list| list.rsplit(',').next()).map(str::trim).filter(|_| is_local);
    forwarded.or(peer).map(household)
}

/// One IPv6 household owns a whole /64 network, so its addresses count as one visitor.
fn household(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(address) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

/// The visitor's key: a hash, which does not reveal the address.
fn visitor_key(address: &str, user_agent: &str) -> String {
    let digest = Sha256::new().chain_update(address).chain_update([0]).chain_update(user_agent).finalize();
    BASE64URL_NOPAD.encode(&digest[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_is_known_by_what_the_last_proxy_says_and_only_a_proxy_on_this_machine_is_believed() {
        let from = |peer: &str, lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", HeaderValue::from_static(line));
            }
            address(Some(peer), &headers).unwrap()
        };
        assert_eq!(from("127.0.0.1", &["1.1.1.1, 2.2.2.2"]), "2.2.2.2");
        assert_eq!(from("127.0.0.1", &["1.1.1.1", "2.2.2.2"]), "2.2.2.2", "what a visitor says stands before");
        assert_eq!(from("::ffff:127.0.0.1", &["2.2.2.2"]), "2.2.2.2");
        assert_eq!(from("9.9.9.9", &["2.2.2.2"]), "9.9.9.9");
        assert_eq!(from("::1", &["2001:db8:1:2:3::4"]), from("::1", &["2001:db8:1:2:ffff::1"]));
        assert_ne!(from("::1", &["2001:db8:1:2::1"]), from("::1", &["2001:db8:1:3::1"]));
    }
}
