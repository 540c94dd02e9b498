//! The program, and the texts.

use super::ReferralApi;
use crate::dto::{MailsDoc, MailsPatch, ProgramPatch, ProgramView, ShareDoc, SharePatch};
use crate::service;
use crate::storage::program as program_repo;
use axum::Json;
use axum::extract::State;
use flux_rest::{Admin, ApiError, Body, Errors};
use http::{HeaderMap, header};
use std::sync::Arc;

/// Shows the program. `configured` is false until the first save.
#[utoipa::path(get, path = "/referrals/program", tag = "referrals", security(("key" = [])),
    responses((status = 200, body = ProgramView), Errors))]
pub(super) async fn show(State(api): State<Arc<ReferralApi>>, _key: Admin) -> Result<Json<ProgramView>, ApiError> {
    Ok(Json(api.read(service::show_program).await?))
}

/// Saves the program: an absent field stays, `null` clears it.
#[utoipa::path(put, path = "/referrals/program", tag = "referrals", security(("key" = [])), request_body = ProgramPatch,
    params(("If-Match" = Option<String>, Header, description = "the version that was read")),
    responses((status = 200, body = ProgramView), Errors))]
pub(super) async fn save(
    State(api): State<Arc<ReferralApi>>,
    key: Admin,
    headers: HeaderMap,
    Body(patch, _): Body<ProgramPatch>,
) -> Result<Json<ProgramView>, ApiError> {
    let version = headers.get(header::IF_MATCH).map(|value| {
        let text = value.to_str().unwrap_or_default().trim_matches('"');
        text.parse().map_err(|_| ApiError::value("If-Match", "must be a version: a whole number"))
    });
    let version = version.transpose()?;
    let saved = api.write(key.actor(), move |tx, by, ctx| service::save_program(tx, by, ctx, patch.clone(), version));
    Ok(Json(saved.await?))
}

/// Shows the texts that customers share.
#[utoipa::path(get, path = "/referrals/share", tag = "referrals", security(("key" = [])),
    responses((status = 200, body = ShareDoc), Errors))]
pub(super) async fn show_share(State(api): State<Arc<ReferralApi>>, _key: Admin) -> Result<Json<ShareDoc>, ApiError> {
    Ok(Json(
        api.read(|tx, _, ctx| {
            program_repo::load(tx, &ctx.zone).map(|row| row.share.doc(row.mails.language)).map_err(Into::into)
        })
        .await?,
    ))
}

/// Saves the texts that customers share: an absent field stays, `null` restores the ready text. An unknown placeholder is 422.
#[utoipa::path(put, path = "/referrals/share", tag = "referrals", security(("key" = [])), request_body = SharePatch,
    responses((status = 200, body = ShareDoc), Errors))]
pub(super) async fn save_share(
    State(api): State<Arc<ReferralApi>>,
    key: Admin,
    Body(patch, _): Body<SharePatch>,
) -> Result<Json<ShareDoc>, ApiError> {
    Ok(Json(api.write(key.actor(), move |tx, by, ctx| service::save_share(tx, by, ctx, patch.clone())).await?))
}

/// Shows the mails of every scenario.
#[utoipa::path(get, path = "/referrals/emails", tag = "referrals", security(("key" = [])),
    responses((status = 200, body = MailsDoc), Errors))]
pub(super) async fn show_mails(State(api): State<Arc<ReferralApi>>, _key: Admin) -> Result<Json<MailsDoc>, ApiError> {
    Ok(Json(api.read(|tx, _, ctx| Ok(program_repo::load(tx, &ctx.zone)?.mails.doc())).await?))
}

/// Saves mails: an absent field stays, `null` restores the ready text. An unknown placeholder and an empty text are 422.
#[utoipa::path(put, path = "/referrals/emails", tag = "referrals", security(("key" = [])), request_body = MailsPatch,
    responses((status = 200, body = MailsDoc), Errors))]
pub(super) async fn save_mails(
    State(api): State<Arc<ReferralApi>>,
    key: Admin,
    Body(patch, _): Body<MailsPatch>,
) -> Result<Json<MailsDoc>, ApiError> {
    Ok(Json(api.write(key.actor(), move |tx, by, ctx| service::save_mails(tx, by, ctx, patch.clone())).await?))
}
