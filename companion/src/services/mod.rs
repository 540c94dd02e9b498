//! What happens, each as one transaction: the rules (`flux_delivery`, `model::expand`) between reads and writes of `db`.
//! Functions run inside `Db::write` and make no difference when they fail.

pub mod agents;
pub mod commands;
pub mod customers;
pub mod effects;
mod error;
pub mod offers;
pub mod orders;
pub mod packages;
pub mod reports;
mod reversals;
pub mod servers;

pub use error::ServiceError;
pub use flux_shop::Audit;

use flux_protocol::ServerId;
use std::collections::BTreeSet;

/// The servers whose sessions have something new to offer.
pub type Wake = BTreeSet<ServerId>;
