//! Liveness and readiness.

use crate::app::App;
use axum::Json;
use axum::extract::State;
use flux_rest::ApiError;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// The process answers.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200, description = "it answers")))]
pub(super) async fn live() -> Json<Value> {
    Json(json!({"status": "live"}))
}

/// The database accepts writes.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses((status = 200, description = "it can work"), (status = 503, description = "it cannot")))]
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    let written = app.db.write(|_| Ok::<_, flux_storage::Error>(())).await;
    written.map_err(|_| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", "the database takes no writes"))?;
    Ok(Json(json!({"status": "ready"})))
}
