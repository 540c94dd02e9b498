//! The `store` section: the store's id, its addresses and its time zone.

use flux_config::Section;
use flux_protocol::limits::ID_CHARS;
use flux_referral_rules::StoreAddress;
use jiff::tz::TimeZone;
use std::net::SocketAddr;

/// The `store` section.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The store's id.
    pub id: String,
    /// Its own addresses, the targets of referral links.
    pub address: StoreAddress,
    /// True if the home page is set, by `home_url` or by `public_url`.
    pub has_home: bool,
    /// The time zone in which its days begin.
    pub zone: TimeZone,
}

impl StoreConfig {
    /// `None` if the section has mistakes. The home page defaults to `public_url`, then to the address listened on.
    pub(super) fn read(mut store: Section<'_>, public_url: Option<&str>, listen: SocketAddr) -> Option<StoreConfig> {
        let id = store.parsed("id", &format!("1 to {ID_CHARS} characters of A-Z a-z 0-9 _ -"), super::id);
        let home = store.parsed("home_url", "an address such as https://shop.example.com", home);
        let hosts = store.strings("hosts", &[]);
        for host in &hosts {
            if !is_host(&host.value) {
                store.report_at(host, "is not a host; write it as shop.example.com or shop.example.com:8443");
            }
        }
        let zone = store.parsed("timezone", "a name such as Europe/Berlin, or UTC", zone);
        store.finish();
        let home = home.or_else(|| public_url.map(str::to_owned));
        let has_home = home.is_some();
        let home = home.unwrap_or_else(|| format!("http://{listen}"));
        let hosts: Vec<&str> = hosts.iter().map(|host| host.value.as_str()).collect();
        Some(StoreConfig {
            id: id.unwrap_or_else(|| "store".to_owned()),
            address: StoreAddress::new(&home, &hosts).ok()?,
            has_home,
            zone: zone.unwrap_or(TimeZone::UTC),
        })
    }
}

/// True for a host, with or without a port.
fn is_host(text: &str) -> bool {
    StoreAddress::new(&format!("https://{text}"), &[]).is_ok() && !text.contains(['/', '?', '#'])
}

fn home(text: &str) -> Result<String, &'static str> {
    StoreAddress::new(text, &[])
        .map(|_| text.to_owned())
        .map_err(|_| "is not an http:// or https:// address without a user name")
}

fn zone(text: &str) -> Result<TimeZone, &'static str> {
    if text.eq_ignore_ascii_case("utc") {
        return Ok(TimeZone::UTC);
    }
    TimeZone::get(text)
        .map_err(|_| "is not a time zone of this machine; check the spelling, or install the package tzdata")
}
