//! The core, pure: a job's life at the agent and a command's life at the store.
//!
//! No runtime, no SQL, no clock and no random source: time and facts come in as arguments, decisions go out as values. The rules are
//! those of `docs/reference/protocol.md` ("Rules that both sides keep"); their numbers stand beside the code that keeps them.

pub mod answer;
pub mod command;
mod gamelog;
mod gate;
mod inventory;
pub mod job;
mod line;
mod name;
pub mod policy;
pub mod proof;
mod roster;
mod template;
mod uuid;

pub use gamelog::{LogHint, read_log_line};
pub use gate::{Conditions, Gate, gate, resolve};
pub use inventory::free_slots;
pub use line::{CommandLine, LINE_BYTES};
pub use name::PlayerName;
pub use roster::{OnlinePlayer, Roster, parse_list};
pub use template::fill;
pub use uuid::Uuid;
