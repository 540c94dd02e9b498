//! Customers.

use super::{CustomerId, Email, Label, Player, Tier};
use jiff::Timestamp;

/// The facts about a customer that a storefront knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerProfile {
    /// The e-mail address.
    pub email: Option<Email>,
    /// The name.
    pub name: Option<Label>,
    /// The loyalty tier.
    pub tier: Option<Tier>,
    /// The time of their registration; `None` for a guest.
    pub registered_at: Option<Timestamp>,
    /// Their player. A player belongs to one customer at most.
    pub player: Option<Player>,
}

/// A customer.
#[derive(Debug, Clone)]
pub struct Customer {
    /// The storefront's id.
    pub id: CustomerId,
    /// The facts that a PUT or the first order brought.
    pub profile: CustomerProfile,
    /// The time of their first order or PUT.
    pub created_at: Timestamp,
    /// The time of their last change.
    pub updated_at: Timestamp,
    /// The time when they were anonymised.
    pub anonymised_at: Option<Timestamp>,
}
