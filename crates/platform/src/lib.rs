//! The platform that a program runs on: clocks, random source, process, disk, systemd, and points where a test may inject a
//! fault.
//!
//! [`Clock`] and [`Entropy`] are traits, so that a simulation can replace both and one seed replays one history. No other
//! crate of the workspace reads the wall clock or a random source; `clippy.toml` bans the functions.
//!
//! [`crash_point`] and the `simulate_` functions let tests end a program or fail its commits at any point. They do nothing
//! in a release build.
//!
//! ```
//! use flux_platform::{Clock, Entropy, SystemClock, SystemEntropy};
//!
//! let started = SystemClock.now();
//! let id = SystemEntropy.text(b"abcdefghijklmnopqrstuvwxyz0123456789", 12);
//! assert_eq!(id.len(), 12);
//! assert!(SystemEntropy.below(6) < 6);
//! # let _ = started;
//! ```

mod clock;
mod crash;
mod disk_faults;
mod entropy;
mod files;
mod opened_file;
mod process;
mod systemd;

pub use clock::{Clock, SinceBoot, SystemClock};
pub use crash::{CRASH_AT, CrashPoint, crash_point};
pub use disk_faults::{DatabaseFile, commit_must_fail, simulate_full_disk, simulate_slow_disk, simulated_commit_time};
pub use entropy::{Entropy, SystemEntropy};
pub use files::{DiskSpace, disk_space, open_regular, simulate_disk_space};
pub use opened_file::{FileChange, OpenedFile};
pub use process::protect_process;
pub use systemd::SystemdNotifier;
