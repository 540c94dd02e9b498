//! The wall clock, the random source, and the way to systemd: what a program takes from its machine, and a simulation hands in instead.
//!
//! Nothing else in the workspace reads either (`clippy.toml` bans it), so that one seed replays one history.

mod clock;
mod crash;
mod disk_faults;
mod entropy;
mod systemd;

pub use clock::{Clock, SinceBoot, SystemClock};
pub use crash::{CRASH_AT, CrashPoint, crash_point};
pub use disk_faults::{DatabaseFile, commit_must_fail, simulate_full_disk, simulate_slow_disk, simulated_commit_time};
pub use entropy::{Entropy, SystemEntropy};
pub use systemd::SystemdNotifier;
