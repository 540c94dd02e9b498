//! `config.yml`: one file a section. Every mistake is found before anything is opened, and told with file, line, column and key.

mod delivery;
mod log;
mod polling;
mod presence;
mod rcon;
mod rules;
mod store;

pub use delivery::{Delivery, ProofMode};
pub use log::{Level, Log, LogFormat};
pub use polling::Polling;
pub use presence::Presence;
pub use rcon::Rcon;
pub use rules::Players;
pub use store::Store;

pub use flux_config::SecretSources;
use flux_config::{ConfigError, Document, Section};
use flux_delivery::policy::Policy;
use std::path::{Path, PathBuf};

/// Where the config is unless `--config` says otherwise.
pub const DEFAULT_PATH: &str = "/etc/flux-agent/config.yml";

/// The checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Towards the store.
    pub store: Store,
    /// Towards the game.
    pub rcon: Rcon,
    /// Who is online.
    pub presence: Presence,
    /// Players' names.
    pub players: Players,
    /// What the store may make the game run.
    pub policy: Policy,
    /// How commands are run and judged.
    pub delivery: Delivery,
    /// The fallback.
    pub polling: Polling,
    /// Where the journal is.
    pub state_dir: PathBuf,
    /// Where the control socket is.
    pub runtime_dir: PathBuf,
    /// The log.
    pub log: Log,
}

/// The directories that systemd gives a unit.
#[derive(Debug, Clone, Default)]
pub struct Directories {
    /// `$STATE_DIRECTORY`.
    pub state: Option<PathBuf>,
    /// `$RUNTIME_DIRECTORY`.
    pub runtime: Option<PathBuf>,
}

impl Directories {
    /// From this process's environment.
    pub fn from_process() -> Directories {
        let directory = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Directories { state: directory("STATE_DIRECTORY"), runtime: directory("RUNTIME_DIRECTORY") }
    }
}

impl Config {
    /// Reads and checks the file.
    pub fn load(path: &Path, sources: &SecretSources, directories: &Directories) -> Result<Config, ConfigError> {
        let file = flux_config::load(path)?;
        let document = Document::parse(&file);
        let config = read(document.root(), sources, directories);
        Ok(document.finish(config)?)
    }
}

fn read(mut root: Section<'_>, sources: &SecretSources, directories: &Directories) -> Option<Config> {
    let store = store::read(root.section("store"), sources);
    let rcon = rcon::read(root.section("rcon"), sources);
    let presence = presence::read(root.section("presence"));
    let players = rules::players(root.section("players"));
    let policy = rules::policy(root.section("policy"));
    let delivery = delivery::read(root.section("delivery"));
    let polling = polling::read(root.section("polling"));
    let log = log::read(root.section("log"));
    let directory = |set: Option<PathBuf>, given: &Option<PathBuf>, default: &str| {
        set.or_else(|| given.clone()).unwrap_or_else(|| PathBuf::from(default))
    };
    let state_dir = directory(root.path("state_dir"), &directories.state, "/var/lib/flux-agent");
    let runtime_dir = directory(root.path("runtime_dir"), &directories.runtime, "/run/flux-agent");
    root.finish();
    Some(Config {
        store: store?,
        rcon: rcon?,
        presence,
        players,
        policy,
        delivery,
        polling,
        state_dir,
        runtime_dir,
        log,
    })
}
