//! The list of mails, for support staff.

use super::dto::MailOut;
use crate::app::App;
use axum::Json;
use axum::extract::State;
use flux_rest::values::MailStatus;
use flux_rest::{Admin, ApiError, Errors, Page, Query, before_place, page, page_limit};
use flux_storage::mail;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MailQuery {
    /// Mails with this status.
    #[serde(default)]
    status: Option<MailStatus>,
    /// Mails on the page: 1 to 100, 25 by default.
    #[serde(default)]
    limit: Option<u32>,
    /// `nextCursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
}

/// Mails, newest first, without their texts: sent, waiting, put off or given up, and why.
#[utoipa::path(get, path = "/mails", tag = "mails", security(("key" = [])), params(MailQuery),
    responses((status = 200, body = Page<MailOut>), Errors))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _key: Admin,
    Query(query): Query<MailQuery>,
) -> Result<Json<Page<MailOut>>, ApiError> {
    let (limit, before) = (page_limit(query.limit)?, before_place(query.cursor.as_deref())?);
    let status = query.status.map(|status| status.0);
    let rows = app.db.read(move |tx| mail::page(tx, before, status, limit + 1)).await?;
    Ok(Json(page(rows, limit, |mail| mail.seq.to_string(), MailOut::from)))
}
