//! Reports from the agent to the store.

use crate::{Attempt, CommandId, FailReason, UnknownReason, WaitReason};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An attempt's state, as the agent reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReportState {
    /// The agent has it in its journal on disk, and is responsible for it from here on.
    Delivered,
    /// The agent waits for the player and then runs it.
    AwaitingPlayer(WaitReason),
    /// The game ran it. Final.
    Completed,
    /// The game refused it, or it must not run.
    Failed(FailReason),
    /// The store revoked it or an admin dropped it before it ran.
    Cancelled,
}

/// A status and reason that make no [`ReportState`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReportState {
    /// This version of the contract does not know the status.
    #[error("status: `{0}` is unknown")]
    UnknownStatus(String),
    /// The status has no such reason.
    #[error("reason: `{reason}` is not a reason of {status}")]
    UnknownReason {
        /// The status, on the wire.
        status: &'static str,
        /// The reason that it does not have.
        reason: String,
    },
    /// `failed` came without a reason.
    #[error("reason: a failed command needs one")]
    MissingReason,
}

impl ReportState {
    /// True if this state closes the attempt.
    pub fn is_closing(self) -> bool {
        match self {
            Self::Completed | Self::Failed(_) | Self::Cancelled => true,
            Self::Delivered | Self::AwaitingPlayer(_) => false,
        }
    }

    /// The status on the wire.
    pub fn status(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::AwaitingPlayer(_) => "awaiting_player",
            Self::Completed => "completed",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The reason on the wire, if the state has one.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::AwaitingPlayer(reason) => Some(reason.as_str()),
            Self::Failed(reason) => Some(reason.as_str()),
            Self::Delivered | Self::Completed | Self::Cancelled => None,
        }
    }

    /// Reads a status and reason from the wire. `awaiting_player` without a reason means `player_offline`; a reason of a
    /// status that has none is ignored.
    ///
    /// # Errors
    ///
    /// [`InvalidReportState`] for an unknown status, an unknown reason, and `failed` without a reason.
    pub fn parse(status: &str, reason: Option<&str>) -> Result<ReportState, InvalidReportState> {
        let unknown =
            |status| move |UnknownReason(reason): UnknownReason| InvalidReportState::UnknownReason { status, reason };
        Ok(match (status, reason) {
            ("delivered", _) => Self::Delivered,
            ("completed", _) => Self::Completed,
            ("cancelled", _) => Self::Cancelled,
            ("awaiting_player", None) => Self::AwaitingPlayer(WaitReason::PlayerOffline),
            ("awaiting_player", Some(text)) => Self::AwaitingPlayer(text.parse().map_err(unknown("awaiting_player"))?),
            ("failed", None) => return Err(InvalidReportState::MissingReason),
            ("failed", Some(text)) => Self::Failed(text.parse().map_err(unknown("failed"))?),
            (other, _) => return Err(InvalidReportState::UnknownStatus(other.to_owned())),
        })
    }
}

/// A report of one attempt's state, as an item of `Report` or `POST /reports`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct CommandReport {
    /// The command's id.
    pub id: CommandId,
    /// The attempt that the state belongs to.
    pub attempt: Attempt,
    /// The attempt's state.
    pub state: ReportState,
    /// The first [`OUTPUT_CHARS`](crate::limits::OUTPUT_CHARS) characters of the game's answer.
    pub output: Option<String>,
    /// The time at which the attempt reached the state, on the agent's clock.
    pub at: Timestamp,
}

/// The state in which the store shows an attempt as closed although the agent has reported otherwise: an item of `settled`
/// in the answer to reports (rule 8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SettledWire", into = "SettledWire")]
pub struct Settled {
    /// The command's id.
    pub id: CommandId,
    /// The attempt that is closed.
    pub attempt: Attempt,
    /// Its state, a closing one.
    pub state: ReportState,
}

/// The JSON of a [`Settled`].
#[derive(Serialize, Deserialize)]
struct SettledWire {
    id: CommandId,
    attempt: Attempt,
    status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl TryFrom<SettledWire> for Settled {
    type Error = InvalidReportState;
    fn try_from(wire: SettledWire) -> Result<Self, InvalidReportState> {
        let state = ReportState::parse(&wire.status, wire.reason.as_deref())?;
        if !state.is_closing() {
            return Err(InvalidReportState::UnknownStatus(wire.status));
        }
        Ok(Settled { id: wire.id, attempt: wire.attempt, state })
    }
}

impl From<Settled> for SettledWire {
    fn from(settled: Settled) -> Self {
        let (status, reason) = (settled.state.status().to_owned(), settled.state.reason().map(str::to_owned));
        SettledWire { id: settled.id, attempt: settled.attempt, status, reason }
    }
}

/// The JSON of a [`CommandReport`].
#[derive(Serialize, Deserialize)]
struct Wire {
    id: CommandId,
    attempt: Attempt,
    status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    at: Timestamp,
}

impl TryFrom<Wire> for CommandReport {
    type Error = InvalidReportState;
    fn try_from(wire: Wire) -> Result<Self, InvalidReportState> {
        let state = ReportState::parse(&wire.status, wire.reason.as_deref())?;
        Ok(CommandReport { id: wire.id, attempt: wire.attempt, state, output: wire.output, at: wire.at })
    }
}

impl From<CommandReport> for Wire {
    fn from(report: CommandReport) -> Self {
        Wire {
            id: report.id,
            attempt: report.attempt,
            status: report.state.status().to_owned(),
            reason: report.state.reason().map(str::to_owned),
            output: report.output,
            at: report.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_state_survives_a_round_trip() {
        let states = [ReportState::Delivered, ReportState::Completed, ReportState::Cancelled]
            .into_iter()
            .chain(WaitReason::ALL.iter().map(|reason| ReportState::AwaitingPlayer(*reason)))
            .chain(FailReason::ALL.iter().map(|reason| ReportState::Failed(*reason)));
        for state in states {
            let report = CommandReport {
                id: "cmd_1".parse().unwrap(),
                attempt: Attempt::FIRST,
                state,
                output: Some("ok".into()),
                at: "2026-11-22T10:00:00Z".parse().unwrap(),
            };
            let value = serde_json::to_value(&report).unwrap();
            assert_eq!(value["status"], json!(state.status()));
            assert_eq!(serde_json::from_value::<CommandReport>(value).unwrap(), report);
        }
    }

    #[test]
    fn only_closed_states_are_settled() {
        let read = |status: &str, reason: Option<&str>| {
            serde_json::from_value::<Settled>(json!({"id": "c", "attempt": 2, "status": status, "reason": reason}))
        };
        let failed = read("failed", Some("expired")).unwrap();
        assert_eq!(failed.state, ReportState::Failed(FailReason::Expired));
        let value = serde_json::to_value(failed).unwrap();
        assert_eq!(value, json!({"id": "c", "attempt": 2, "status": "failed", "reason": "expired"}));
        assert!(["completed", "cancelled"].iter().all(|status| read(status, None).is_ok()));
        assert!(["delivered", "awaiting_player", "eaten"].iter().all(|status| read(status, None).is_err()));
    }

    #[test]
    fn unknown_status_or_reason_is_named_in_the_error() {
        let read = |status: &str, reason: Option<&str>| {
            let value =
                json!({"id": "c", "attempt": 1, "status": status, "reason": reason, "at": "2026-11-22T10:00:00Z"});
            serde_json::from_value::<CommandReport>(value).unwrap_err().to_string()
        };
        assert_eq!(read("eaten", None), "status: `eaten` is unknown");
        assert_eq!(read("failed", Some("bored")), "reason: `bored` is not a reason of failed");
        assert_eq!(read("failed", None), "reason: a failed command needs one");
    }
}
