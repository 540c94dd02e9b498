//! Logs. Metrics, health and systemd's notifications have their room here too.

mod log;

pub use log::start;
