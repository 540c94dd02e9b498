//! Makes the daemon observable: log lines, metrics and health over HTTP, and notifications to systemd.

mod exposition;
mod http;
mod journald;
mod log;
mod record;
mod systemd;

pub use http::{MetricsListener, bind, serve};
pub use log::{Levels, start};
pub(crate) use systemd::run as notify_systemd;
