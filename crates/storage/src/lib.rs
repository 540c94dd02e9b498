//! The companion's database: the only SQL of its own tables. Functions take a transaction, and domain types in and out.
//!
//! [`Db::write`] runs a closure in the one writer's transaction and answers when it is on disk. [`Db::read`] runs a closure
//! on a snapshot and never waits for a write. Statements are portable text (see [`Tx`]); `sqlite` has all that is SQLite's.
//!
//! A stored row is a type of its own, and its version is the schema's: texts and numbers that were checked when they came in
//! are not checked again when they are read, and fields of stored JSON that are unknown or missing do no harm. So a stricter
//! API never makes a stored row unreadable.

pub mod agent_policies;
mod column;
pub mod commands;
pub mod cursors;
pub mod customers;
mod db;
mod error;
pub mod events;
pub mod history;
pub mod idempotency;
pub mod keys;
pub mod leases;
pub mod limits;
pub mod mail;
pub mod meta;
mod node;
pub mod orders;
pub mod packages;
pub mod player_places;
mod probe;
mod row;
mod runner;
pub mod seats;
pub mod servers;
mod shared_run;
mod sqlite;
pub mod tiers;
mod tx;
mod value;

pub use db::{Closed, Db, Restored};
pub use error::Error;
pub use node::NodeId;
pub use probe::Probe;
pub use row::{Row, to_json};
pub use tx::Tx;
pub use value::{Column, Param, TextList, Value};
