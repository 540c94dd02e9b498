//! What happens, each as one transaction: the rules (`flux_delivery`, `model::expand`) between reads and writes of `db`.
//! Functions run inside `Db::write` and make no difference when they fail.

pub mod agents;
pub mod commands;
pub mod customers;
pub mod offers;
pub mod orders;
pub mod packages;
pub mod referrals;
mod refused;
pub mod reports;
pub mod servers;
mod take_backs;

pub use refused::Refused;

use crate::db::{Connection, DbError, events};
use crate::model::Actor;
use flux_protocol::ServerId;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// Who does something, and when.
#[derive(Debug, Clone)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// When, by the companion's clock.
    pub now: Timestamp,
}

impl By {
    pub(crate) fn event(&self, tx: &Connection, kind: &str, subject: &str, data: &Value) -> Result<(), DbError> {
        events::append(tx, self.now, kind, subject, data, &self.actor)
    }
}

/// The servers whose sessions have something new to offer.
pub type Wake = BTreeSet<ServerId>;
