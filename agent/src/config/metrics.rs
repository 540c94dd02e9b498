use flux_config::Section;
use std::net::SocketAddr;

/// `metrics`.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// `listen`: address of /metrics and /health; `None` turns them off.
    pub listen: Option<SocketAddr>,
}

pub(super) fn read(mut section: Section<'_>) -> Metrics {
    let listen = section.parsed("listen", "an address and a port such as 127.0.0.1:9464", |text| {
        text.parse::<SocketAddr>().map_err(|_| "is not an IP address with a port")
    });
    section.finish();
    Metrics { listen }
}
