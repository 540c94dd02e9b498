//! `/u/{token}`: the public link by which a mail's recipient unsubscribes (RFC 8058). A mail program sends the POST; a person
//! who opens the link gets a page with a button, because programs that scan mails open links too.

use crate::app::App;
use crate::notify::unsubscribe::{UnsubscribeKey, recipient};
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use flux_rest::{ApiError, PathTexts, Peer, VisitorRate, client_address};
use flux_storage::{Tx, mail};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::sync::Arc;

/// The page with the button. It holds nothing of the request.
const PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Unsubscribe</title>\
<p>Get no more mails from this shop?</p><form method=\"post\"><button>Unsubscribe</button></form></html>";
const POLICY: &str = "default-src 'none'; form-action 'self'; frame-ancestors 'none'";
const DONE: &str = "You get no more mails from this shop.\n";

/// Asks the visitor.
pub(super) async fn page(
    Extension(visitors): Extension<VisitorRate>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    check(&visitors, peer, &headers)?;
    let mut response = answer("text/html; charset=utf-8", PAGE);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(response)
}

/// Unsubscribes the mail's recipient. The same again changes nothing.
pub(super) async fn unsubscribe(
    State(app): State<Arc<App>>,
    Extension(visitors): Extension<VisitorRate>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    PathTexts(token): PathTexts<String>,
) -> Result<Response, ApiError> {
    check(&visitors, peer, &headers)?;
    match app.db.write(move |tx: &Tx<'_>| record(tx, &token)).await? {
        Some(seq) => {
            tracing::info!(event.seq = seq, "a recipient has unsubscribed from mails");
            Ok(answer("text/plain; charset=utf-8", DONE))
        }
        None => Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_token", "no mail had this link")),
    }
}

/// Returns the event of the mail.
fn record(tx: &Tx<'_>, token: &str) -> Result<Option<i64>, flux_storage::Error> {
    let key = UnsubscribeKey::load(tx)?;
    let Some(seq) = key.read(token) else { return Ok(None) };
    let found = mail::find(tx, seq)?;
    let to = found.as_ref().and_then(|(event, customer)| recipient(event, customer.as_deref()).ok());
    if let Some(recipient) = to.and_then(|to| key.recipient(to)) {
        mail::unsubscribe(tx, &recipient)?;
    }
    Ok(Some(seq))
}

fn check(visitors: &VisitorRate, peer: Option<Extension<Peer>>, headers: &HeaderMap) -> Result<(), ApiError> {
    let address = client_address(peer.as_ref().map(|Extension(peer)| peer), headers);
    visitors.check(address.as_deref().unwrap_or_default())
}

fn answer(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], text).into_response()
}
