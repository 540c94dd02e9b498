use jiff::Timestamp;

/// The clocks of the machine. Waiting uses tokio's timers, which a simulation controls.
pub trait Clock: Send + Sync {
    /// The time now, in UTC: for what is shown, stored or compared with another machine's times. It can be set, and jump.
    fn now(&self) -> Timestamp;

    /// The time since the machine booted, which nobody sets and a suspend does not stop; `None` where the machine has no such clock.
    fn since_boot(&self) -> Option<SinceBoot>;
}

/// A moment on the boot clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinceBoot {
    /// Which boot: two moments of different boots cannot be compared.
    pub boot_id: String,
    /// Milliseconds since that boot, suspends included.
    pub millis: i64,
}

/// The operating system's clocks.
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
