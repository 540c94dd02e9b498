use flux_config::Section;
use std::net::SocketAddr;

/// `metrics`.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// `listen`: where /metrics and /health are asked for; off unless set.
    pub listen: Option<SocketAddr>,
}

pub(super) fn read(mut section: Section<'_>) -> Metrics {
    let listen = section.parsed("listen", "an address and a port such as 127.0.0.1:9464", |text| {
        text.parse::<SocketAddr>().map_err(|_| "is no address with a port (a name is none)")
    });
    section.finish();
    Metrics { listen }
}
