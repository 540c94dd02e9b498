//! The wall clock, the random source, and the way to systemd: what a program takes from its machine, and a simulation hands in instead.
//!
//! Nothing else in the workspace reads either (`clippy.toml` bans it), so that one seed replays one history.

mod clock;
mod crash;
mod entropy;
mod notifier;

pub use clock::{Clock, SinceBoot, SystemClock};
pub use crash::{CRASH_AT, CrashPoint, Disk, commit_fails, crash_point, fill_disk};
pub use entropy::{Entropy, SystemEntropy};
pub use notifier::Notifier;
