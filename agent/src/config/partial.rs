//! Reads a part of the config, for commands that must work while the rest is wrong: those that only talk to the daemon,
//! `policy test`, `answer test`, and `token set`, whose config may lack nothing but the token.

use super::delivery::{self, Delivery};
use super::{Config, Directories, policy, rcon, runtime_dir, secret_sources, state_dir, store};
use flux_config::{ConfigError, ConfigFile, Document, FileError, Section};
use flux_delivery::policy::Policy;
use flux_protocol::ServerToken;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The settings that the command line needs to talk to the daemon.
#[derive(Debug, Clone)]
pub struct ControlSettings {
    /// Directory of the control socket.
    pub runtime_dir: PathBuf,
    /// `rcon.timeout`: time that the daemon may take for a line.
    pub rcon_timeout: Duration,
}

impl ControlSettings {
    /// Reads them, with the defaults for everything that cannot be read.
    pub fn read(path: &Path, directories: &Directories) -> ControlSettings {
        let document = flux_config::load(path).ok().map(|file| Document::parse(&file));
        let Some(document) = &document else {
            let runtime_dir = directories.runtime.clone().unwrap_or_else(|| PathBuf::from("/run/flux-agent"));
            return ControlSettings { runtime_dir, rcon_timeout: rcon::TIMEOUT };
        };
        let mut root = document.root();
        let settings = ControlSettings {
            runtime_dir: runtime_dir(&mut root, directories),
            rcon_timeout: rcon::timeout(&mut root.section("rcon")),
        };
        root.ignore_rest();
        settings
    }
}

/// The place of a new token, and the settings that it is tested with.
#[derive(Debug, Clone)]
pub struct TokenTarget {
    /// `store.token_file`; `None` if the token comes from elsewhere.
    pub file: Option<PathBuf>,
    /// The store, with the new token.
    pub store: super::Store,
    /// Directory of the journal.
    pub state_dir: PathBuf,
}

impl TokenTarget {
    /// Reads it. Mistakes outside of the section `store` are not reported.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or its section `store` has mistakes.
    pub fn read(path: &Path, token: ServerToken, directories: &Directories) -> Result<TokenTarget, ConfigError> {
        let document = Document::parse(&flux_config::load(path)?);
        let mut root = document.root();
        let state_dir = state_dir(&mut root, directories);
        let (file, store) = store::read_with_token(root.section("store"), token);
        root.ignore_rest();
        Ok(document.finish(store.map(|store| TokenTarget { file, store, state_dir }))?)
    }
}

/// The part of the config that a section's settings come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The file has no mistake.
    File,
    /// The section has no mistake; the rest of the file has.
    Section,
    /// The file cannot be read or is no YAML, so these are the defaults.
    Defaults,
}

/// Reads the section `policy`, also from a file whose other sections have mistakes.
///
/// # Errors
///
/// The section has mistakes, or others may write the file.
pub fn policy_alone(path: &Path) -> Result<(Policy, Part), ConfigError> {
    alone(path, |config| config.policy, "policy", policy::read)
}

/// Reads the section `delivery` in the same way.
///
/// # Errors
///
/// The section has mistakes, or others may write the file.
pub fn delivery_alone(path: &Path) -> Result<(Delivery, Part), ConfigError> {
    alone(path, |config| config.delivery, "delivery", delivery::read)
}

fn alone<T>(
    path: &Path,
    of_config: impl FnOnce(Config) -> T,
    key: &'static str,
    read: impl Fn(Section<'_>) -> T,
) -> Result<(T, Part), ConfigError> {
    if let Ok(config) = Config::load(path, &secret_sources(path), &Directories::from_process(path)) {
        return Ok((of_config(config), Part::File));
    }
    let section = |file: &ConfigFile| {
        let document = Document::parse(file);
        let mut root = document.root();
        let settings = read(root.section(key));
        root.ignore_rest();
        (document.is_broken(), document.finish(Some(settings)))
    };
    match flux_config::load(path).as_ref().map(section) {
        Ok((false, settings)) => Ok((settings?, Part::Section)),
        Err(ConfigError::Unreadable { path, reason: FileError::Exposed(exposure) }) => {
            let reason = FileError::Exposed(exposure.clone());
            Err(ConfigError::Unreadable { path: path.clone(), reason })
        }
        Ok((true, _)) | Err(_) => {
            let nothing = ConfigFile { path: path.to_owned(), text: "{}".to_owned(), mode: 0 };
            Ok((section(&nothing).1?, Part::Defaults))
        }
    }
}
