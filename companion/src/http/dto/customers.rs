//! Customers in JSON.

use flux_rest::values::{CustomerId, Email, Label, Tier};
use flux_rest::{ApiError, Checked, GivenTime, PlayerJson, object_or_null};
use flux_shop::{Customer, CustomerProfile};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `PUT /customers/{id}`: the whole customer. An absent value is cleared.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CustomerBody)]
pub(crate) struct CustomerIn {
    /// The e-mail address.
    #[serde(default)]
    email: Option<Email>,
    /// The name.
    #[serde(default)]
    name: Option<Label>,
    /// The loyalty tier.
    #[serde(default)]
    tier: Option<Tier>,
    /// The time of their registration; null for a guest.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    registered_at: Option<GivenTime>,
    /// Their player. A player belongs to one customer at most.
    #[serde(default, deserialize_with = "object_or_null")]
    player: Option<PlayerJson>,
}

/// A customer in an answer.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerAnswer)]
pub(crate) struct CustomerOut {
    id: CustomerId,
    email: Option<Email>,
    name: Option<Label>,
    tier: Option<Tier>,
    #[schema(value_type = Option<String>, format = DateTime)]
    registered_at: Option<Timestamp>,
    player: Option<PlayerJson>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    anonymised_at: Option<Timestamp>,
    /// A sentence for each probable mistake, such as a tier that is not in the list of tiers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl CustomerIn {
    /// The customer to save.
    ///
    /// # Errors
    /// 422 for a registration in the future.
    pub(crate) fn into_profile(self, now: Timestamp) -> Result<CustomerProfile, ApiError> {
        Ok(CustomerProfile {
            email: self.email.map(|email| email.0),
            name: self.name.map(|name| name.0),
            tier: self.tier.map(|tier| tier.0),
            registered_at: self.registered_at.map(|at| at.happened_by(now, "registeredAt")).transpose()?,
            player: self.player.map(Into::into),
        })
    }
}

impl CustomerOut {
    /// A customer's answer with these warnings.
    pub(crate) fn new(customer: Customer, warnings: Vec<String>) -> CustomerOut {
        let CustomerProfile { email, name, tier, registered_at, player } = customer.profile;
        CustomerOut {
            id: Checked(customer.id),
            email: email.map(Checked),
            name: name.map(Checked),
            tier: tier.map(Checked),
            registered_at,
            player: player.map(Into::into),
            created_at: customer.created_at,
            updated_at: customer.updated_at,
            anonymised_at: customer.anonymised_at,
            warnings,
        }
    }
}
