//! The companion's database: the only SQL of its own tables. Functions take a transaction, domain types in and out.
//!
//! [`Db::write`] runs a closure in the one writer's transaction and answers when that is on disk; [`Db::read`] runs one on
//! a snapshot, and never waits for a write.

pub mod commands;
pub mod customers;
mod db;
mod error;
pub mod events;
pub mod history;
pub mod idempotency;
pub mod keys;
pub mod limits;
pub mod mail;
pub mod orders;
pub mod packages;
pub mod row;
pub mod servers;
mod sqlite;
mod tx;
mod value;
pub mod webhook;

pub use db::{Closed, Db};
pub use error::Error;
pub use error::Error as DbError;
pub use row::Row;
pub use tx::Tx;
pub use value::{Column, Param, Value};
