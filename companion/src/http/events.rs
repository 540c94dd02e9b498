//! The list of events.

use super::dto::EventOut;
use crate::app::App;
use axum::Json;
use axum::extract::State;
use flux_rest::{ApiError, ApiKey, Errors, PageBuilder, Query, page_limit};
use flux_storage::events::{self, After};
use flux_storage::{Tx, meta};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EventQuery {
    /// Events after this `seq`; all without it.
    #[serde(default)]
    #[param(minimum = 0)]
    after: Option<i64>,
    /// Events on the page: 1 to 100, 25 by default.
    #[serde(default)]
    limit: Option<u32>,
}

/// A page of events: at most 1 MiB, as every page.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventPage {
    /// The page's events, oldest first.
    items: Vec<EventOut>,
    /// The next value of `after`; null if there are no more events yet.
    next_cursor: Option<String>,
    /// The database's epoch, which changes with each restore. Epoch and `seq` together identify an event.
    store_epoch: String,
}

/// Events, oldest first. 409 `cursor_ahead` if `after` is beyond the last event. `nextCursor` is the next value of `after`; null if there are no more events yet.
#[utoipa::path(get, path = "/events", tag = "events", security(("key" = [])), params(EventQuery),
    responses((status = 200, body = EventPage), Errors))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _key: ApiKey,
    Query(query): Query<EventQuery>,
) -> Result<Json<EventPage>, ApiError> {
    let limit = page_limit(query.limit)?;
    let after = query.after.unwrap_or(0);
    if after < 0 {
        return Err(ApiError::value("after", "must be 0 or the seq of an event"));
    }
    let read = move |tx: &Tx<'_>| {
        Ok::<_, flux_storage::Error>((events::after_cursor(tx, after, limit + 1)?, meta::store_epoch(tx)?))
    };
    let (found, store_epoch) = app.db.read(read).await?;
    let found = match found {
        After::Found(found) => found,
        After::BeyondLast(last) => return Err(cursor_ahead(last)),
    };
    let mut page = PageBuilder::new(limit);
    for event in found {
        if page.push(event.seq.to_string(), || Ok::<_, ApiError>(EventOut::from(event)))?.is_break() {
            break;
        }
    }
    let (items, next_cursor) = page.into_parts();
    Ok(Json(EventPage { items, next_cursor, store_epoch }))
}

/// 409: the number that the reader has named is not of this database.
pub(super) fn cursor_ahead(last: i64) -> ApiError {
    let message = format!(
        "the last event is {last}: the seq that you name is of another database, or of this one before a restore; read again from 0"
    );
    ApiError::new(StatusCode::CONFLICT, "cursor_ahead", message)
}
