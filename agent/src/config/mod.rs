//! Reads `config.yml`; each section has a file. All mistakes are reported together, with file, line, column and key, before the agent opens anything.

mod delivery;
mod journal;
mod live;
mod log;
mod metrics;
mod partial;
mod players;
mod policy;
mod polling;
mod presence;
mod rcon;
mod risks;
mod store;

pub use delivery::{Delivery, ProofMode};
pub use live::LiveConfig;
pub use log::{Level, Log, LogFormat};
pub use metrics::Metrics;
pub use partial::{ControlSettings, Part, TokenTarget, delivery_alone, policy_alone};
pub use players::Players;
pub use polling::Polling;
pub use presence::Presence;
pub use rcon::Rcon;
pub use risks::{Risk, RiskySetting};
pub use store::Store;

pub use flux_config::SecretSources;

use crate::journal::RoomLimits;
use flux_config::{ConfigError, Document, SecretReport, Section};
use flux_delivery::policy::Policy;
use std::path::{Path, PathBuf};

/// Default path of the config.
pub const DEFAULT_PATH: &str = "/etc/flux-agent/config.yml";
/// The JSON schema of the config, for editors.
pub const SCHEMA: &str = include_str!("schema.json");

const EXAMPLE_HEAD: &str = "# yaml-language-server: $schema=/usr/share/flux-agent/config.schema.json
# flux-agent: every key with its default. Durations are 500ms, 15s, 2m, 30d. `flux-agent check` reports all mistakes at once.";

/// The content of `config.example.yml`: every key with its description and default.
pub fn example() -> String {
    flux_config::example(EXAMPLE_HEAD, SCHEMA).unwrap_or_default()
}

/// The checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file.
    pub path: PathBuf,
    /// The sources of the secrets.
    pub secrets: Vec<SecretReport>,
    /// Connection to the store.
    pub store: Store,
    /// Connection to the game.
    pub rcon: Rcon,
    /// Detection of online players.
    pub presence: Presence,
    /// Players' names.
    pub players: Players,
    /// Commands that the store may run.
    pub policy: Policy,
    /// Delivery of commands and judgement of answers.
    pub delivery: Delivery,
    /// The room that the journal may take.
    pub journal: RoomLimits,
    /// Polling while there is no session.
    pub polling: Polling,
    /// Directory of the journal.
    pub state_dir: PathBuf,
    /// Directory of the control socket.
    pub runtime_dir: PathBuf,
    /// The log.
    pub log: Log,
    /// Metrics and health.
    pub metrics: Metrics,
}

/// The directories that systemd creates for a unit.
#[derive(Debug, Clone, Default)]
pub struct Directories {
    /// `$STATE_DIRECTORY`.
    pub state: Option<PathBuf>,
    /// `$RUNTIME_DIRECTORY`.
    pub runtime: Option<PathBuf>,
}

impl Directories {
    /// Reads them from this process's environment. Without these variables, the config of a `flux-agent@NAME` gets the directories of that unit, so that
    /// the command line finds the daemon by `--config` alone.
    pub fn from_process(config: &Path) -> Directories {
        let directory = |variable, parent: &str| {
            let given = std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
            given.or_else(|| Some(Path::new(parent).join(instance(config)?)))
        };
        Directories {
            state: directory("STATE_DIRECTORY", "/var/lib/flux-agent"),
            runtime: directory("RUNTIME_DIRECTORY", "/run/flux-agent"),
        }
    }
}

/// The sources of secrets: this process's environment and its systemd credentials. A process without credentials uses those of this config's unit, which
/// root can read while the unit runs.
pub fn secret_sources(config: &Path) -> SecretSources {
    if std::env::var_os("CREDENTIALS_DIRECTORY").is_some() {
        return SecretSources::from_process();
    }
    let unit = instance(config).map_or("flux-agent.service".to_owned(), |name| format!("flux-agent@{name}.service"));
    let texts =
        std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
    SecretSources::new(Some(Path::new("/run/credentials").join(unit)), texts)
}

/// NAME of `/etc/flux-agent/NAME.yml`; `None` for the default config.
fn instance(config: &Path) -> Option<&str> {
    let default = Path::new(DEFAULT_PATH);
    let beside = config.parent() == default.parent() && config.extension() == default.extension();
    if beside && config != default { config.file_stem()?.to_str() } else { None }
}

impl Config {
    /// Reads and checks the file.
    pub fn load(path: &Path, sources: &SecretSources, directories: &Directories) -> Result<Config, ConfigError> {
        let file = flux_config::load(path)?;
        let document = Document::parse(&file);
        let config = read(path, document.root(), sources, directories);
        let secrets = document.secrets();
        let config = config.map(|config| Config { secrets, ..config });
        Ok(document.finish(config)?)
    }
}

fn read(path: &Path, mut root: Section<'_>, sources: &SecretSources, directories: &Directories) -> Option<Config> {
    let store = store::read(root.section("store"), sources);
    let rcon = rcon::read(root.section("rcon"), sources);
    let presence = presence::read(root.section("presence"));
    let players = players::read(root.section("players"));
    let policy = policy::read(root.section("policy"));
    let delivery = delivery::read(root.section("delivery"));
    let journal = journal::read(root.section("journal"));
    let polling = polling::read(root.section("polling"));
    let log = log::read(root.section("log"));
    let metrics = metrics::read(root.section("metrics"));
    let state_dir = state_dir(&mut root, directories);
    let runtime_dir = runtime_dir(&mut root, directories);
    root.finish();
    Some(Config {
        path: path.to_owned(),
        secrets: Vec::new(),
        store: store?,
        rcon: rcon?,
        presence,
        players,
        policy,
        delivery,
        journal,
        polling,
        state_dir,
        runtime_dir,
        log,
        metrics,
    })
}

fn state_dir(root: &mut Section<'_>, directories: &Directories) -> PathBuf {
    let given = || directories.state.clone().unwrap_or_else(|| PathBuf::from("/var/lib/flux-agent"));
    root.path("state_dir").unwrap_or_else(given)
}

fn runtime_dir(root: &mut Section<'_>, directories: &Directories) -> PathBuf {
    let given = || directories.runtime.clone().unwrap_or_else(|| PathBuf::from("/run/flux-agent"));
    root.path("runtime_dir").unwrap_or_else(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_config_beside_the_default_names_an_instance() {
        assert_eq!(instance(Path::new("/etc/flux-agent/creative.yml")), Some("creative"));
        for other in [DEFAULT_PATH, "/etc/flux-agent/token", "/srv/creative.yml", "creative.yml"] {
            assert_eq!(instance(Path::new(other)), None, "{other}");
        }
    }
}
