//! What the daemon tells of itself: log lines, metrics and health over HTTP, and systemd's notifications.

mod exposition;
mod http;
mod journald;
mod log;
mod record;
mod systemd;

pub use http::{MetricsListener, bind, serve};
pub use log::{Levels, start};
pub(crate) use systemd::run as tell_systemd;
