//! End to end: the three real programs with real sockets and real files.

mod delivery;
mod docs;
mod faults;
mod kills;
mod rig;
mod tokens;
