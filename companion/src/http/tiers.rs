//! The list of tiers. A storefront's key reads it; an admin's key changes it, because referral rules depend on tiers.

use super::dto::TierListJson;
use crate::app::App;
use crate::services::tiers as tiers_service;
use axum::Json;
use axum::extract::State;
use flux_rest::{Admin, ApiError, ApiKey, Body, Errors};
use flux_storage::tiers;
use std::sync::Arc;

/// The store's tiers, in their order.
#[utoipa::path(get, path = "/tiers", tag = "customers", security(("key" = [])),
    responses((status = 200, body = TierListJson), Errors))]
pub(super) async fn show(State(app): State<Arc<App>>, _key: ApiKey) -> Result<Json<TierListJson>, ApiError> {
    let list = app.db.read(tiers::all).await?;
    Ok(Json((&list).into()))
}

/// Saves the whole list of tiers, in their order. Customers and rules keep their tiers: one that is not in the list is a
/// warning there.
#[utoipa::path(put, path = "/tiers", tag = "customers", security(("key" = [])), request_body = TierListJson,
    responses((status = 200, body = TierListJson), Errors))]
pub(super) async fn put(
    State(app): State<Arc<App>>,
    key: Admin,
    Body(body, _): Body<TierListJson>,
) -> Result<Json<TierListJson>, ApiError> {
    let list = body.into_list()?;
    let saved = TierListJson::from(&list);
    app.write(key.actor(), move |tx, by, _| tiers_service::put(tx, by, &list)).await?;
    Ok(Json(saved))
}
