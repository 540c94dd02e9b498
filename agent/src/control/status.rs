//! The answer of `status`.

use crate::config::RiskySetting;
use crate::journal::{Counts, JournalError};
use crate::state::Shared;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// State of the daemon: the output of `flux-agent status --json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The daemon's version.
    pub version: String,
    /// Its process id.
    #[serde(default)]
    pub pid: u32,
    /// Time of its start.
    pub started_at: Timestamp,
    /// Time of this status.
    pub now: Timestamp,
    /// The store.
    pub store: StoreStatus,
    /// The game.
    pub game: GameStatus,
    /// The journal.
    pub journal: JournalStatus,
    /// The configuration.
    pub config: ConfigStatus,
}

/// State of the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigStatus {
    /// The file.
    #[serde(default)]
    pub path: PathBuf,
    /// The error in the changed file, while the old configuration stays in force.
    pub error: Option<String>,
}

/// State of the store, as the agent last saw it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreStatus {
    /// Its address.
    pub url: String,
    /// The server that the token belongs to.
    pub server_id: String,
    /// Name of the server at the store.
    pub server_name: Option<String>,
    /// `connected`, `connecting`, `reconnecting`, `token_rejected` or `refused`.
    pub session: String,
    /// Time of its last answer.
    pub answered_at: Option<Timestamp>,
    /// Time of the last answered poll.
    pub polled_at: Option<Timestamp>,
    /// Time of the next poll.
    pub next_poll_at: Option<Timestamp>,
    /// An address without encryption, and parts of its answers that cannot be read.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// The last error.
    pub error: Option<String>,
}

/// State of the game, as the agent last saw it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GameStatus {
    /// RCON's address.
    pub address: String,
    /// `online`, `offline` or `unknown`.
    pub state: String,
    /// Players online.
    pub players: u32,
    /// Time of that player list.
    pub players_at: Option<Timestamp>,
    /// The command that lists players.
    pub list_command: Option<String>,
    /// `followed`, or the error of `presence.log_file`; `null` where it is not set.
    pub log: Option<String>,
    /// True if lines leave an execution marker, which proves that they ran.
    pub proof: bool,
    /// An address in a foreign network, and limits of this game that affect deliveries, such as a clock that cannot be read.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// The last error.
    pub error: Option<String>,
}

/// State of the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalStatus {
    /// Its id.
    pub id: String,
    /// Jobs by state.
    pub queue: Counts,
    /// Time at which the oldest open job was received.
    pub oldest_open_at: Option<Timestamp>,
    /// Number of states that the store has not acknowledged.
    pub unreported: u64,
    /// The reason why no new commands are accepted, while there is no room.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// The error of the journal, until it works again.
    pub error: Option<String>,
}

impl Status {
    pub(super) fn of(shared: &Shared) -> Status {
        let (store, game) = (shared.store.borrow().clone(), shared.game.borrow().clone());
        let config = shared.config();
        let risks = config.risks();
        let risks_of = |setting| risks.iter().filter(move |risk| risk.setting == setting).map(|risk| risk.text.clone());
        Status {
            version: crate::VERSION.to_owned(),
            pid: std::process::id(),
            started_at: shared.started_at,
            now: shared.now(),
            store: StoreStatus {
                url: config.store.url.clone(),
                server_id: config.store.token.server_id().to_string(),
                server_name: store.server_name,
                session: store.session.as_str().to_owned(),
                answered_at: store.answered_at,
                polled_at: store.polled_at,
                next_poll_at: store.next_poll_at,
                warnings: risks_of(RiskySetting::StoreUrl).chain(store.warnings.into_values()).collect(),
                error: store.error,
            },
            game: GameStatus {
                address: config.rcon.address.clone(),
                state: game.state.to_string(),
                players: game.players,
                players_at: game.players_at,
                list_command: game.list_command.map(str::to_owned),
                log: game.log,
                proof: game.proof,
                warnings: risks_of(RiskySetting::RconAddress).chain(game.warnings.into_values()).collect(),
                error: game.error,
            },
            journal: JournalStatus::of(shared),
            config: ConfigStatus { path: config.path.clone(), error: shared.reload_error() },
        }
    }
}

impl JournalStatus {
    fn of(shared: &Shared) -> JournalStatus {
        let journal = shared.journal();
        let id = journal.id().to_string();
        let read = || -> Result<JournalStatus, JournalError> {
            Ok(JournalStatus {
                id: id.clone(),
                queue: journal.counts()?,
                oldest_open_at: journal.oldest_open()?,
                unreported: journal.unreported_count()?,
                warnings: journal.room(shared.config().journal)?.shortage().into_iter().collect(),
                error: shared.journal_error.borrow().clone(),
            })
        };
        read().unwrap_or_else(|error| JournalStatus {
            id: id.clone(),
            queue: Counts::new(),
            oldest_open_at: None,
            unreported: 0,
            warnings: Vec::new(),
            error: Some(error.to_string()),
        })
    }
}
