//! Reads `companion.yml`; each section has a file. `companion.example.yml` explains every key.

mod limits;
mod log;
mod mail;
mod metrics;
mod risks;
mod store;
mod webhook;

pub use limits::Limits;
pub use log::Log;
pub use mail::{Mail, MailTls};
pub use metrics::Metrics;
pub use risks::Risk;
pub use store::StoreConfig;
pub use webhook::{Webhook, WebhookUrl};

use flux_config::{ConfigError, ConfigFile, Document, SecretReport, SecretSources, Section};
use risks::is_loopback;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// The default path of the config file.
pub const DEFAULT_PATH: &str = "/etc/flux-companion/companion.yml";

/// The config's JSON Schema, for editors.
pub const SCHEMA: &str = include_str!("schema.json");

const EXAMPLE_HEAD: &str = "# yaml-language-server: $schema=/usr/share/flux-companion/config.schema.json
# The configuration of flux-companion, with every key and its default. It is read from /etc/flux-companion/companion.yml, or from the file that
# `--config FILE` names. `flux-companion check` reports its mistakes. Relative paths are resolved from this file's directory.";

/// Every key with its description and default: `companion.example.yml`.
pub fn example() -> String {
    flux_config::example(EXAMPLE_HEAD, SCHEMA).unwrap_or_default()
}

/// The config, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The sources of the secrets.
    pub secrets: Vec<SecretReport>,
    /// The address that HTTP is served on.
    pub listen: SocketAddr,
    /// The public address, without a slash at the end; logged at the start and given in the OpenAPI document.
    pub public_url: Option<String>,
    /// The database file.
    pub database: PathBuf,
    /// The store's identity.
    pub store: StoreConfig,
    /// The SMTP server; without it mails are events only.
    pub mail: Option<Mail>,
    /// The receiver of every event.
    pub webhook: Option<Webhook>,
    /// The limits that an admin may change.
    pub limits: Limits,
    /// The address of metrics and health.
    pub metrics: Metrics,
    /// Level and format of the log.
    pub log: Log,
}

impl Config {
    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        Ok(Config::parse(&flux_config::load(path)?, &SecretSources::from_process())?)
    }

    /// Checks a file's text.
    pub fn parse(file: &ConfigFile, sources: &SecretSources) -> Result<Config, flux_config::ConfigErrors> {
        let document = Document::parse(file);
        let config = read(document.root(), sources);
        let secrets = document.secrets();
        document.finish(config.map(|config| Config { secrets, ..config }))
    }
}

fn read(mut root: Section<'_>, sources: &SecretSources) -> Option<Config> {
    let listen = root.parsed("listen", "an address such as 127.0.0.1:8787", address);
    let public_url = root.parsed("public_url", "an address such as https://store.example.com", url);
    let database = root.path("database");
    let listen = listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 8787)));
    let store = StoreConfig::read(root.section("store"), public_url.as_deref(), listen);
    let mail = Mail::read(root.optional_section("mail"), sources);
    let webhook = Webhook::read(root.optional_section("webhook"), sources);
    let limits = Limits::read(root.section("limits"));
    let metrics = Metrics::read(root.section("metrics"), listen);
    let log = Log::read(root.section("log"));
    root.finish();
    Some(Config {
        secrets: Vec::new(),
        listen,
        public_url,
        database: database.unwrap_or_else(|| PathBuf::from("/var/lib/flux-companion/companion.db")),
        store: store?,
        mail,
        webhook,
        limits,
        metrics,
        log,
    })
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "is not an IP address with a port")
}

fn url(text: &str) -> Result<String, &'static str> {
    let text = text.trim_end_matches('/');
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(text.to_owned()),
        _ => Err("is not an http:// or https:// address"),
    }
}

fn id(text: &str) -> Result<String, &'static str> {
    text.parse::<flux_protocol::OrderId>().map(|_| text.to_owned()).map_err(|_| "is not an id")
}
