//! The answer of `status`, as JSON and as text.

use crate::journal::Counts;
use crate::state::Shared;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// State of the daemon: the output of `flux-agent status --json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The daemon's version.
    pub version: String,
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
    /// Limits of this game that affect deliveries, such as a clock that cannot be read.
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
    /// The error of the journal, until it works again.
    pub error: Option<String>,
}

impl Status {
    pub(super) fn of(shared: &Shared) -> Status {
        let (store, game) = (shared.store.borrow().clone(), shared.game.borrow().clone());
        let config = shared.config();
        Status {
            version: crate::VERSION.to_owned(),
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
                warnings: game.warnings.into_values().collect(),
                error: game.error,
            },
            journal: JournalStatus::of(shared),
            config: ConfigStatus { error: shared.reload_error() },
        }
    }
}

impl JournalStatus {
    fn of(shared: &Shared) -> JournalStatus {
        let journal = shared.journal();
        let id = journal.id().to_string();
        let read = || Ok((journal.counts()?, journal.oldest_open()?, journal.unreported_count()?));
        match read() {
            Ok((queue, oldest_open_at, unreported)) => {
                JournalStatus { id, queue, oldest_open_at, unreported, error: shared.journal_error.borrow().clone() }
            }
            Err(error) => {
                let error: crate::journal::JournalError = error;
                JournalStatus {
                    id,
                    queue: Counts::new(),
                    oldest_open_at: None,
                    unreported: 0,
                    error: Some(error.to_string()),
                }
            }
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ago = |at: Option<Timestamp>| {
            at.map_or("never".to_owned(), |at| format!("{} ago", short(self.now.duration_since(at))))
        };
        let (store, game, journal) = (&self.store, &self.game, &self.journal);
        writeln!(f, "flux-agent {}, up {}", self.version, short(self.now.duration_since(self.started_at)))?;
        let name = store.server_name.as_deref().unwrap_or(&store.server_id);
        writeln!(f, "store    {} ({name} at {}), last answer {}", store.session, store.url, ago(store.answered_at))?;
        if let Some(at) = store.next_poll_at {
            writeln!(f, "         next poll in {}", short(at.duration_since(self.now)))?;
        }
        if let Some(error) = &store.error {
            writeln!(f, "         {error}")?;
        }
        let proof = if game.proof { "execution markers on" } else { "execution markers off" };
        writeln!(
            f,
            "game     {} ({}), {} players from `{}`, {}, {proof}",
            game.state,
            game.address,
            game.players,
            game.list_command.as_deref().unwrap_or("no list"),
            ago(game.players_at)
        )?;
        match game.log.as_deref() {
            None => {}
            Some("followed") => writeln!(f, "         its log: followed")?,
            Some(error) => writeln!(f, "         its log: {error}")?,
        }
        for warning in &game.warnings {
            writeln!(f, "         {warning}")?;
        }
        if let Some(error) = &game.error {
            writeln!(f, "         {error}")?;
        }
        let count = |state: &str| journal.queue.get(state).copied().unwrap_or(0);
        let open = ["queued", "awaiting_player", "running", "uncertain"]
            .map(|state| format!("{} {state}", count(state)))
            .join(", ");
        writeln!(
            f,
            "queue    {open}; oldest waiting for {}",
            journal.oldest_open_at.map_or("-".to_owned(), |at| short(self.now.duration_since(at)))
        )?;
        let over = ["completed", "failed", "cancelled"].map(|state| format!("{} {state}", count(state))).join(", ");
        write!(f, "done     {over}; unacknowledged reports: {}", journal.unreported)?;
        if let Some(error) = &journal.error {
            write!(f, "\n         {error}")?;
        }
        if let Some(error) = &self.config.error {
            write!(f, "\nconfig   the changed file has errors; the old configuration stays in force\n{error}")?;
        }
        Ok(())
    }
}

/// Formats a duration in its two largest units.
pub fn short(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_is_shown_in_its_two_largest_units() {
        let shown = [0, 59, 61, 3_725, 90_000].map(|seconds| short(SignedDuration::from_secs(seconds)));
        assert_eq!(shown, ["0s", "59s", "1m 1s", "1h 2m", "1d 1h"]);
    }
}
