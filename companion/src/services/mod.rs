//! What happens, each as one transaction: the rules (`flux_delivery`, `model::expand`) between reads and writes of `db`.
//! Functions run inside `Db::write` and make no difference when they fail.

pub mod agents;
pub mod commands;
pub mod customers;
mod error;
pub mod offers;
pub mod orders;
pub mod packages;
pub mod referrals;
pub mod reports;
pub mod servers;
mod take_backs;

pub use error::ServiceError;

use flux_protocol::ServerId;
use flux_shop::Actor;
use flux_storage::{DbError, Tx, events};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// Who does something, and when.
#[derive(Debug, Clone)]
pub struct Audit {
    /// Who.
    pub actor: Actor,
    /// When, by the companion's clock.
    pub now: Timestamp,
}

impl Audit {
    pub(crate) fn event(&self, tx: &Tx<'_>, kind: &str, subject: &str, data: &Value) -> Result<(), DbError> {
        events::append(tx, self.now, kind, subject, data, &self.actor)
    }
}

/// The servers whose sessions have something new to offer.
pub type Wake = BTreeSet<ServerId>;
