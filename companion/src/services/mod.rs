//! The store's use cases, one transaction each: they read rows, apply the rules of `flux_delivery` and `flux_shop`, and
//! write rows. No SQL, no HTTP.
//! Functions run inside `Db::write`, which undoes all changes of a function that fails.

pub mod agent_policies;
pub mod agents;
mod changes;
pub mod commands;
pub mod corrections;
pub mod customers;
pub mod effects;
mod error;
pub mod moves;
pub mod offers;
pub mod orders;
pub mod packages;
mod purchases;
pub mod reports;
pub mod restores;
pub mod retries;
mod reversals;
pub mod seats;
pub mod servers;
pub mod tiers;

pub use error::ServiceError;
pub use flux_shop::Audit;

use flux_protocol::ServerId;
use std::collections::BTreeSet;

/// The servers whose sessions have something new to offer.
pub type Wake = BTreeSet<ServerId>;
