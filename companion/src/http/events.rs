//! Everything that happened.

use super::dto::EventOut;
use crate::app::App;
use axum::Json;
use axum::extract::State;
use flux_rest::{ApiError, ApiKey, Errors, Page, Query, page_limit};
use flux_storage::events;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EventQuery {
    /// Events after this `seq`; all without it.
    #[serde(default)]
    #[param(minimum = 0)]
    after: Option<i64>,
    /// Events on the page: 1 to 100, 25 unless asked otherwise.
    #[serde(default)]
    limit: Option<u32>,
}

/// Events, oldest first. `nextCursor` is the `seq` to ask after next; null when there is no more yet.
#[utoipa::path(get, path = "/events", tag = "events", security(("key" = [])), params(EventQuery),
    responses((status = 200, body = Page<EventOut>), Errors))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _key: ApiKey,
    Query(query): Query<EventQuery>,
) -> Result<Json<Page<EventOut>>, ApiError> {
    let limit = page_limit(query.limit)?;
    let after = query.after.unwrap_or(0);
    if after < 0 {
        return Err(ApiError::value("after", "must be 0 or the seq of an event"));
    }
    let mut items = app.db.read(move |tx| events::after(tx, after, limit + 1)).await?;
    let has_more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| has_more).map(|event| event.seq.to_string());
    Ok(Json(Page { items: items.into_iter().map(EventOut::from).collect(), next_cursor }))
}
