//! The wall clock, the random source, and the way to systemd: what a program takes from its machine, and a simulation hands in instead.
//!
//! Nothing else in the workspace reads either (`clippy.toml` bans it), so that one seed replays one history.

mod clock;
mod crash;
mod disk;
mod entropy;
mod notifier;

pub use clock::{Clock, SinceBoot, SystemClock};
pub use crash::{CRASH_AT, CrashPoint, crash_point};
pub use disk::{Disk, commit_fails, commit_takes, fill_disk, slow_disk};
pub use entropy::{Entropy, SystemEntropy};
pub use notifier::Notifier;
