//! The wall clock and the boot clock.

use jiff::Timestamp;

/// The clocks of the machine. Waiting uses tokio's timers instead, which a simulation controls.
pub trait Clock: Send + Sync {
    /// The current time, for display, storage and comparison with times of other machines. It may jump when it is set.
    fn now(&self) -> Timestamp;

    /// The time since the machine booted, which cannot be set and includes suspends; `None` without such a clock.
    fn since_boot(&self) -> Option<SinceBoot>;
}

/// A time on the boot clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinceBoot {
    /// Identifies the boot; times of different boots cannot be compared.
    pub boot_id: String,
    /// Milliseconds since that boot, including suspends.
    pub millis: i64,
}

/// The clocks of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock module")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[cfg(target_os = "linux")]
    fn since_boot(&self) -> Option<SinceBoot> {
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Some(SinceBoot { boot_id, millis: time.tv_sec * 1_000 + time.tv_nsec / 1_000_000 })
    }

    #[cfg(not(target_os = "linux"))]
    fn since_boot(&self) -> Option<SinceBoot> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn boot_clock_advances_within_one_boot() {
        let earlier = SystemClock.since_boot().unwrap();
        let later = SystemClock.since_boot().unwrap();
        assert_eq!(earlier.boot_id, later.boot_id);
        assert!(earlier.millis > 0 && later.millis >= earlier.millis);
    }
}
