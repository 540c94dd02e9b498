//! Makes the daemon observable: metrics and health over HTTP, and notifications to systemd.

mod exposition;
mod http;
mod systemd;

pub use http::{MetricsListener, bind, serve};
pub(crate) use systemd::run as notify_systemd;
