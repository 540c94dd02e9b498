//! SQLite: opening the file, the writing thread, the reading connections, copies.

pub(crate) mod copy;
pub(crate) mod open;
pub(crate) mod readers;
pub(crate) mod session;
pub(crate) mod writer;
