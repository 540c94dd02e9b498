//! The referral rules' paths. What a storefront says happened is idempotent by its natural key.

mod accounts;
mod attributions;
mod discounts;
mod links;
mod program;
mod reads;
mod rules;
mod sweeps;
mod visit;

pub(super) use visit::visit;

use crate::app::App;
use crate::services::referrals::Outcome;
use flux_rest::{ApiError, ApiKey};
use flux_shop::{CustomerId, Role};
use http::StatusCode;
use jiff::Timestamp;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// All of them but the public one.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(program::show, program::save))
        .routes(routes!(program::show_share, program::save_share))
        .routes(routes!(program::show_mails, program::save_mails))
        .routes(routes!(rules::list, rules::add))
        .routes(routes!(rules::available_tiers))
        .routes(routes!(rules::effective_rule))
        .routes(routes!(rules::show, rules::change, rules::remove))
        .routes(routes!(rules::set_slot, rules::remove_slot))
        .routes(routes!(links::issue))
        .routes(routes!(links::click))
        .routes(routes!(links::validate))
        .routes(routes!(links::invite))
        .routes(routes!(attributions::signup))
        .routes(routes!(attributions::checkout))
        .routes(routes!(attributions::fulfill))
        .routes(routes!(attributions::complete))
        .routes(routes!(attributions::void))
        .routes(routes!(attributions::withdraw))
        .routes(routes!(attributions::list))
        .routes(routes!(attributions::show))
        .routes(routes!(reads::rewards))
        .routes(routes!(reads::stats))
        .routes(routes!(reads::top))
        .routes(routes!(reads::panel))
        .routes(routes!(sweeps::expire_pending))
        .routes(routes!(sweeps::issue_due))
        .routes(routes!(sweeps::expire_rewards))
        .routes(routes!(discounts::quote))
        .routes(routes!(discounts::redeem))
        .routes(routes!(accounts::points))
        .routes(routes!(accounts::spend))
        .routes(routes!(accounts::credit))
}

/// The id of the program: there is one (R2-16).
fn program_id(app: &App) -> String {
    format!("prg_{}", app.config.store.id)
}

/// Refuses another store's id (D-18).
fn check_account(app: &App, account: Option<&str>) -> Result<(), ApiError> {
    match account {
        Some(account) if account != app.config.store.id => {
            Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_account", "accountId is not this store's id"))
        }
        _ => Ok(()),
    }
}

/// When it happened: now, or when an admin's key says (D-17).
fn moment(app: &App, key: &ApiKey, said: Option<Timestamp>) -> Result<Timestamp, ApiError> {
    let now = app.clock.now();
    let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
    match said {
        Some(_) if key.0.role != Role::Admin => {
            let message = "this key's role is store: only an admin's key may say when something happened";
            Err(ApiError {
                field: Some("occurredAt".to_owned()),
                ..ApiError::new(StatusCode::FORBIDDEN, "forbidden", message)
            })
        }
        said => Ok(said.unwrap_or(now)),
    }
}

/// A customer, for the rules.
fn who(id: &CustomerId) -> flux_referral_rules::CustomerId {
    flux_referral_rules::CustomerId::new(id.as_str())
}

/// Why a friend was not bound. What else the event did stands.
fn refused(outcome: &Outcome) -> Result<(), ApiError> {
    use flux_referral_rules::{Reason, Refusal};
    let Some(refusal) = outcome.refusal else { return Ok(()) };
    let (status, message) = match refusal {
        Refusal::UnknownCode => (StatusCode::NOT_FOUND, "nobody has this code"),
        Refusal::DoorClosed => (StatusCode::CONFLICT, "codes are not taken here at present"),
        Refusal::Because(Reason::SelfReferral) => (StatusCode::CONFLICT, "one cannot refer oneself"),
        Refusal::Because(Reason::Circular) => (StatusCode::CONFLICT, "they have referred the code's owner themselves"),
        Refusal::Because(Reason::ExistingCustomer) => (StatusCode::CONFLICT, "they have registered before"),
        Refusal::Because(Reason::TooLate) => (StatusCode::CONFLICT, "their click was too long ago"),
        Refusal::Because(Reason::ProgramDisabled) => (StatusCode::CONFLICT, "the program is off"),
        Refusal::Because(_) => (StatusCode::CONFLICT, "the code's owner does not refer at present"),
    };
    Err(ApiError::new(status, refusal.as_str(), message))
}
