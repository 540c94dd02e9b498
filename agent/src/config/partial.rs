//! Reads a part of the config, for commands that must work while the rest is wrong: those that only talk to the daemon, and
//! `token set`, whose config may lack nothing but the token.

use super::{Directories, rcon, runtime_dir, state_dir, store};
use flux_config::{ConfigError, Document};
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
