//! Wrong keys of any caller: a layer around the API and the hub that limits them by address, and the log line that counts
//! them.

use super::middleware::{REQUEST_ID, with_id};
use crate::app::App;
use crate::{limits, secrets};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use flux_rest::{Peer, client_address};
use http::StatusCode;
use std::sync::Arc;
use tokio::time::sleep;

/// Counts a 401, which any wrong, missing or revoked key or token gets. It becomes 429 for an address that has used up
/// its budget.
pub(crate) async fn limit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let address = client_address(request.extensions().get::<Peer>(), request.headers());
    let response = next.run(request).await;
    if response.status() != StatusCode::UNAUTHORIZED {
        return response;
    }
    match app.wrong_keys.count(address.as_deref()) {
        Ok(()) => response,
        Err(slow_down) => {
            let id = response.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok());
            let id = id.map_or_else(|| secrets::request_id(&*app.entropy), str::to_owned);
            with_id(slow_down.render(&id), &id)
        }
    }
}

/// Logs the wrong keys of each minute in one line. Runs for ever.
pub(crate) async fn count(app: Arc<App>) {
    loop {
        sleep(limits::WRONG_KEYS_LOG).await;
        log(&app);
    }
}

/// Logs the wrong keys since the last line, if there are any.
pub(crate) fn log(app: &App) {
    let Some(count) = app.wrong_keys.take() else { return };
    let (address, requests) = count.most.unzip();
    tracing::warn!(
        requests = count.requests,
        client.address = address,
        client.requests = requests,
        "refused wrong keys"
    );
}
