use super::{CustomerId, Email, Label, Player, Tier, object_or_null};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `PUT /customers/{id}`: all that is known of a customer; what is absent is cleared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerBody {
    /// The e-mail address.
    #[serde(default)]
    pub email: Option<Email>,
    /// The name.
    #[serde(default)]
    pub name: Option<Label>,
    /// The loyalty tier.
    #[serde(default)]
    pub tier: Option<Tier>,
    /// When they registered themselves; null for a guest.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub registered_at: Option<Timestamp>,
    /// Their player. A player belongs to one customer at most.
    #[serde(default, deserialize_with = "object_or_null")]
    pub player: Option<Player>,
}

/// A customer as they are kept and answered.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerRow {
    /// The storefront's id.
    pub id: CustomerId,
    /// What was put, or came with the first order.
    #[serde(flatten)]
    pub body: CustomerBody,
    /// When they were first heard of.
    pub created_at: Timestamp,
    /// When they last changed.
    pub updated_at: Timestamp,
    /// When they were forgotten.
    pub anonymised_at: Option<Timestamp>,
}

/// The shape of [`CustomerRow`], for the OpenAPI document.
#[derive(utoipa::ToSchema)]
#[schema(as = CustomerAnswer, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the Serialize impl above writes")]
struct CustomerSchema {
    id: CustomerId,
    email: Option<Email>,
    name: Option<Label>,
    tier: Option<Tier>,
    #[schema(format = DateTime)]
    registered_at: Option<String>,
    player: Option<Player>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    #[schema(format = DateTime)]
    anonymised_at: Option<String>,
}

schema_of!(CustomerRow, CustomerSchema, "CustomerAnswer");
