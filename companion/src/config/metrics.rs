//! The `metrics` section: the address of metrics and health.

use flux_config::Section;
use std::net::SocketAddr;

/// The `metrics` section.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// The address of `/metrics` and `/health`; `None` serves no metrics.
    pub listen: Option<SocketAddr>,
}

impl Metrics {
    /// `public` is the address of the API, which must be another one.
    pub(super) fn read(mut section: Section<'_>, public: SocketAddr) -> Metrics {
        let listen = section.parsed("listen", "an address and a port such as 127.0.0.1:9465", super::address);
        if listen == Some(public) && public.port() != 0 {
            section.report("listen", "is the address of the API (`listen`); choose another port");
        }
        section.finish();
        Metrics { listen }
    }
}
