//! Runs the sweeps on request. A timer also runs them every 30 s; no decision depends on the time of a sweep.

use super::ReferralApi;
use super::Sweep;
use super::effective_time;
use axum::Json;
use axum::extract::State;
use flux_rest::{Admin, ApiError, ApiKey, Errors, GivenTime, OptionalBody};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The time of a sweep.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SweepBody {
    /// The time; the present time if absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    now: Option<GivenTime>,
}

/// The number of rows that the sweep changed.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Expired {
    expired: u64,
}

/// The number of rows that the sweep changed.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Issued {
    issued: u64,
}

/// Stores `expired` for attributions past their deadline.
#[utoipa::path(post, path = "/referrals/sweeps/expire-pending", tag = "referrals", security(("key" = [])), request_body = Option<SweepBody>,
    responses((status = 200, body = Expired), Errors))]
pub(super) async fn expire_pending(
    State(api): State<Arc<ReferralApi>>,
    key: Admin,
    OptionalBody(body): OptionalBody<SweepBody>,
) -> Result<Json<Expired>, ApiError> {
    Ok(Json(Expired { expired: run(&api, key, Sweep::ExpirePending, body.now).await? }))
}

/// Issues the rewards that are due.
#[utoipa::path(post, path = "/referrals/sweeps/issue-due", tag = "referrals", security(("key" = [])), request_body = Option<SweepBody>,
    responses((status = 200, body = Issued), Errors))]
pub(super) async fn issue_due(
    State(api): State<Arc<ReferralApi>>,
    key: Admin,
    OptionalBody(body): OptionalBody<SweepBody>,
) -> Result<Json<Issued>, ApiError> {
    Ok(Json(Issued { issued: run(&api, key, Sweep::IssueDue, body.now).await? }))
}

/// Stores `expired` for codes that were not used in time.
#[utoipa::path(post, path = "/referrals/sweeps/expire-rewards", tag = "referrals", security(("key" = [])), request_body = Option<SweepBody>,
    responses((status = 200, body = Expired), Errors))]
pub(super) async fn expire_rewards(
    State(api): State<Arc<ReferralApi>>,
    key: Admin,
    OptionalBody(body): OptionalBody<SweepBody>,
) -> Result<Json<Expired>, ApiError> {
    Ok(Json(Expired { expired: run(&api, key, Sweep::ExpireRewards, body.now).await? }))
}

async fn run(api: &ReferralApi, Admin(key): Admin, sweep: Sweep, now: Option<GivenTime>) -> Result<u64, ApiError> {
    let key = ApiKey(key);
    let at = effective_time(api, &key, now)?;
    Ok(api.sweep(&key.actor(), sweep, at).await?)
}
