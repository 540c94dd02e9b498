//! `GET /r/{code}`: the public link. It counts the visit and redirects to the store.

use super::ReferralApi;
use crate::service::{self, ClickOutcome, Visitor};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, http::HeaderMap};
use data_encoding::BASE64URL_NOPAD;
use flux_rest::{ApiError, PathTexts, Peer, VisitorRate, client_address};
use flux_shop::Actor;
use http::{HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};
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
    let address = client_address(peer.as_ref().map(|Extension(peer)| peer), &headers);
    visitors.check(address.as_deref().unwrap_or_default())?;
    let at = api.now();
    let clicked = api.write(Actor::companion(), move |tx, by, ctx| {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let key = address.as_deref().map(visitor_key);
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
        ClickOutcome::Leads { url, .. } => url,
    };
    let to = HeaderValue::from_str(&to)
        .map_err(|_| ApiError::new(StatusCode::NOT_FOUND, "no_landing", "the link leads nowhere"))?;
    let cache = HeaderValue::from_static("no-store");
    Ok((StatusCode::FOUND, [(header::LOCATION, to), (header::CACHE_CONTROL, cache)]).into_response())
}

/// The visitor's key: a hash, so that no address is on display. Nothing that a visitor can choose is in it.
fn visitor_key(address: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(address)[..12])
}
