//! The referral routes of the API. Events of a storefront are idempotent by their natural keys.

mod accounts;
mod api;
mod attributions;
mod discounts;
mod links;
mod program;
mod reads;
mod rules;
mod sweeps;
mod visit;

pub use api::{Host, ReferralApi, Sweep, Wake};
pub use visit::visit;

use crate::Error;
use flux_referral_rules::{BindError, Reason};
use flux_rest::{ApiError, ApiKey, GivenTime, KeyReused};
use flux_shop::{CustomerId, Role};
use http::StatusCode;
use jiff::Timestamp;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// All routes but the public one, by resource.
pub const ROUTES: [fn() -> OpenApiRouter<Arc<ReferralApi>>; 8] = [
    || {
        OpenApiRouter::new()
            .routes(routes!(program::show, program::save))
            .routes(routes!(program::show_share, program::save_share))
            .routes(routes!(program::show_mails, program::save_mails))
    },
    || {
        OpenApiRouter::new()
            .routes(routes!(rules::list, rules::add))
            .routes(routes!(rules::available_tiers))
            .routes(routes!(rules::effective_rule))
            .routes(routes!(rules::show, rules::change, rules::remove))
            .routes(routes!(rules::set_slot, rules::remove_slot))
    },
    || {
        OpenApiRouter::new()
            .routes(routes!(links::issue))
            .routes(routes!(links::click))
            .routes(routes!(links::validate))
            .routes(routes!(links::invite))
    },
    || {
        OpenApiRouter::new()
            .routes(routes!(attributions::signup))
            .routes(routes!(attributions::checkout))
            .routes(routes!(attributions::fulfill))
            .routes(routes!(attributions::complete))
            .routes(routes!(attributions::void))
            .routes(routes!(attributions::withdraw))
            .routes(routes!(attributions::list))
            .routes(routes!(attributions::show))
    },
    || {
        OpenApiRouter::new()
            .routes(routes!(reads::rewards))
            .routes(routes!(reads::stats))
            .routes(routes!(reads::top))
            .routes(routes!(reads::panel))
    },
    || {
        OpenApiRouter::new()
            .routes(routes!(sweeps::expire_pending))
            .routes(routes!(sweeps::issue_due))
            .routes(routes!(sweeps::expire_rewards))
    },
    || {
        OpenApiRouter::new()
            .routes(routes!(discounts::quote))
            .routes(routes!(discounts::redeem))
            .routes(routes!(discounts::unredeem))
    },
    || {
        OpenApiRouter::new()
            .routes(routes!(accounts::points))
            .routes(routes!(accounts::spend))
            .routes(routes!(accounts::credit))
    },
];

/// The id of the program: there is one (R2-16).
fn program_id(api: &ReferralApi) -> String {
    format!("prg_{}", api.store_id())
}

/// Refuses another store's id (D-18).
fn check_account(api: &ReferralApi, account: Option<&str>) -> Result<(), ApiError> {
    match account {
        Some(account) if account != api.store_id() => {
            Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_account", "accountId is not this store's id"))
        }
        _ => Ok(()),
    }
}

/// The time of an event: the present, or the time that a request with an admin key names, which may be any (D-17).
fn effective_time(api: &ReferralApi, key: &ApiKey, given: Option<GivenTime>) -> Result<Timestamp, ApiError> {
    let now = api.now();
    let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
    match given {
        Some(_) if key.0.role != Role::Admin => {
            let message = "this key's role is store: only an admin's key may say when something happened";
            Err(ApiError {
                field: Some("occurredAt".to_owned()),
                ..ApiError::new(StatusCode::FORBIDDEN, "forbidden", message)
            })
        }
        given => Ok(given.map_or(now, GivenTime::of_any_moment)),
    }
}

/// Converts a customer's id to the rules' type.
fn to_rules_id(id: &CustomerId) -> flux_referral_rules::CustomerId {
    flux_referral_rules::CustomerId::new(id.as_str())
}

/// Returns an error for a refused bind. The event's other changes are kept.
fn check_bound(refusal: Option<BindError>) -> Result<(), ApiError> {
    let Some(refusal) = refusal else { return Ok(()) };
    let status = match refusal {
        BindError::UnknownCode => StatusCode::NOT_FOUND,
        BindError::ChannelClosed | BindError::Because(_) => StatusCode::CONFLICT,
    };
    let message = match refusal {
        BindError::UnknownCode => "nobody has this code",
        BindError::ChannelClosed => "codes are not taken here at present",
        BindError::Because(reason) => match reason {
            Reason::SelfReferral => "one cannot refer oneself",
            Reason::Circular => "they have referred the code's owner themselves",
            Reason::ExistingCustomer => "they have registered or bought before",
            Reason::TooLate => "their click was too long ago",
            Reason::ProgramDisabled => "the program is off",
            Reason::NoRule | Reason::CapReached | Reason::DailyLimitReached => {
                "the code's owner does not refer at present"
            }
            Reason::BelowMinimum => "the order is too small",
            Reason::NotFirstPurchase => "they have ordered before",
            Reason::CurrencyMismatch => "the order is in another currency than the program",
            Reason::ZeroAmount => "the order cost nothing",
            Reason::Refunded | Reason::Cancelled | Reason::Chargeback | Reason::Returned => "the order was reversed",
            Reason::Admin => "an admin has ended the referral",
        },
    };
    Err(ApiError::new(status, refusal.as_str(), message))
}

impl From<Error> for ApiError {
    fn from(error: Error) -> ApiError {
        let message = error.to_string();
        match error {
            Error::NotFound(_) => ApiError::new(StatusCode::NOT_FOUND, "not_found", message),
            Error::NoPanel { code, .. } => ApiError::new(StatusCode::NOT_FOUND, code, message),
            Error::Conflict { code, .. } => ApiError::new(StatusCode::CONFLICT, code, message),
            Error::Invalid { field, message } => ApiError::value(field, message),
            Error::Storage(error) => error.into(),
        }
    }
}

impl From<KeyReused> for Error {
    fn from(_: KeyReused) -> Error {
        let message = "this Idempotency-Key was used for another request";
        Error::conflict("idempotency_key_reused", message)
    }
}
