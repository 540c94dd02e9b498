//! Customers, as the storefront knows them.

use super::dto::{CustomerIn, CustomerOut};
use crate::app::App;
use crate::secrets;
use crate::services::{ServiceError, customers as customers_service, tiers as tiers_service};
use axum::Json;
use axum::extract::State;
use flux_rest::{ApiError, ApiKey, Body, Errors, Id, Saved, saved};
use flux_shop::{Customer, CustomerId};
use flux_storage::{Tx, customers};
use http::StatusCode;
use std::sync::Arc;

/// Saves the whole customer. Absent fields are cleared, except `registeredAt`. 409 if another customer has the player; with a
/// UUID, the player is taken from a customer who has the name alone.
#[utoipa::path(put, path = "/customers/{id}", tag = "customers", security(("key" = [])), params(("id" = String, Path)), request_body = CustomerIn,
    responses((status = 201, body = CustomerOut), (status = 200, body = CustomerOut), Errors))]
pub(super) async fn put(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<CustomerId>,
    Body(body, _): Body<CustomerIn>,
) -> Result<Saved<CustomerOut>, ApiError> {
    let profile = body.into_profile(app.now())?;
    let (is_new, (customer, warnings)) = app
        .write_and_wake(key.actor(), move |tx, by, hooks| {
            let (is_new, wake) = customers_service::put(tx, by, hooks, &id, &profile)?;
            Ok(((is_new, find(tx, &id)?), wake))
        })
        .await?;
    Ok(saved(is_new, CustomerOut::new(customer, warnings)))
}

/// A customer. The buyer of each order is one.
#[utoipa::path(get, path = "/customers/{id}", tag = "customers", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = CustomerOut), Errors))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    _key: ApiKey,
    Id(id): Id<CustomerId>,
) -> Result<Json<CustomerOut>, ApiError> {
    let (customer, warnings) = app.db.read(move |tx| find(tx, &id)).await?;
    Ok(Json(CustomerOut::new(customer, warnings)))
}

/// A customer, with the warnings about them.
fn find(tx: &Tx<'_>, id: &CustomerId) -> Result<(Customer, Vec<String>), ServiceError> {
    let customer = customers::find(tx, id)?.ok_or(ServiceError::NotFound("customer"))?;
    let warnings = tiers_service::warnings(tx, &customer)?;
    Ok((customer, warnings))
}

/// Anonymises a customer. Orders and amounts stay under an anonymous id; everything else is removed, also from the database
/// file. 409 while the customer has an unpaid order or an open command.
#[utoipa::path(delete, path = "/customers/{id}", tag = "customers", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 204, description = "forgotten"), Errors))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<CustomerId>,
) -> Result<StatusCode, ApiError> {
    let anonymous = secrets::anonymous_customer(&*app.entropy);
    app.write(key.actor(), move |tx, by, hooks| customers_service::anonymise(tx, by, hooks, &id, &anonymous)).await?;
    app.db.vacuum().await?;
    tracing::info!("a customer was forgotten");
    Ok(StatusCode::NO_CONTENT)
}
