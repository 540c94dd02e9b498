//! The program, and the texts.

use crate::app::App;
use crate::services::ServiceError;
use crate::services::referrals as work;
use axum::Json;
use axum::extract::State;
use flux_referrals::model::{MailsDoc, MailsPatch, ProgramPatch, ProgramView, ShareDoc, SharePatch};
use flux_referrals::storage::program as rows;
use flux_rest::{Admin, ApiError, Body, Errors};
use flux_shop::Actor;
use http::{HeaderMap, header};
use std::sync::Arc;

/// The program. `configured` is false until it was first saved.
#[utoipa::path(get, path = "/referrals/program", tag = "referrals", security(("key" = [])),
    responses((status = 200, body = ProgramView), Errors))]
pub(in crate::http) async fn show(State(app): State<Arc<App>>, _key: Admin) -> Result<Json<ProgramView>, ApiError> {
    let (by, desk) = (app.by(Actor::companion()), app.desk());
    Ok(Json(app.db.read(move |tx| work::show_program(tx, &by, &desk)).await?))
}

/// Saves the program: what is absent stays, `null` clears.
#[utoipa::path(put, path = "/referrals/program", tag = "referrals", security(("key" = [])), request_body = ProgramPatch,
    params(("If-Match" = Option<String>, Header, description = "the version that was read")),
    responses((status = 200, body = ProgramView), Errors))]
pub(in crate::http) async fn save(
    State(app): State<Arc<App>>,
    key: Admin,
    headers: HeaderMap,
    Body(patch, _): Body<ProgramPatch>,
) -> Result<Json<ProgramView>, ApiError> {
    let version = headers.get(header::IF_MATCH).map(|value| {
        let text = value.to_str().unwrap_or_default().trim_matches('"');
        text.parse().map_err(|_| ApiError::value("If-Match", "must be a version: a whole number"))
    });
    let (version, by, desk) = (version.transpose()?, app.by(key.actor()), app.desk());
    Ok(Json(app.db.write(move |tx| work::save_program(tx, &by, &desk, patch, version)).await?))
}

/// What customers share.
#[utoipa::path(get, path = "/referrals/share", tag = "referrals", security(("key" = [])),
    responses((status = 200, body = ShareDoc), Errors))]
pub(in crate::http) async fn show_share(State(app): State<Arc<App>>, _key: Admin) -> Result<Json<ShareDoc>, ApiError> {
    let zone = app.config.store.zone.clone();
    Ok(Json(app.db.read(move |tx| Ok::<_, ServiceError>(rows::load(tx, &zone)?.share)).await?))
}

/// Saves what customers share: what is absent stays. `{link}`, `{code}` and `{name}` are filled in.
#[utoipa::path(put, path = "/referrals/share", tag = "referrals", security(("key" = [])), request_body = SharePatch,
    responses((status = 200, body = ShareDoc), Errors))]
pub(in crate::http) async fn save_share(
    State(app): State<Arc<App>>,
    key: Admin,
    Body(patch, _): Body<SharePatch>,
) -> Result<Json<ShareDoc>, ApiError> {
    let (by, desk) = (app.by(key.actor()), app.desk());
    Ok(Json(app.db.write(move |tx| work::save_share(tx, &by, &desk, patch)).await?))
}

/// The mails of every scenario.
#[utoipa::path(get, path = "/referrals/emails", tag = "referrals", security(("key" = [])),
    responses((status = 200, body = MailsDoc), Errors))]
pub(in crate::http) async fn show_mails(State(app): State<Arc<App>>, _key: Admin) -> Result<Json<MailsDoc>, ApiError> {
    let zone = app.config.store.zone.clone();
    Ok(Json(app.db.read(move |tx| Ok::<_, ServiceError>(rows::load(tx, &zone)?.mails)).await?))
}

/// Saves mails: what is absent stays.
#[utoipa::path(put, path = "/referrals/emails", tag = "referrals", security(("key" = [])), request_body = MailsPatch,
    responses((status = 200, body = MailsDoc), Errors))]
pub(in crate::http) async fn save_mails(
    State(app): State<Arc<App>>,
    key: Admin,
    Body(patch, _): Body<MailsPatch>,
) -> Result<Json<MailsDoc>, ApiError> {
    let (by, desk) = (app.by(key.actor()), app.desk());
    Ok(Json(app.db.write(move |tx| work::save_mails(tx, &by, &desk, patch)).await?))
}
