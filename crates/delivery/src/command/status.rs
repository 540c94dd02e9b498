//! The status of a command at the store, and its texts.

use flux_protocol::{FailReason, ReportState, WaitReason};

/// A command's status, as the store shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandStatus {
    /// No agent has reported that its journal has the command.
    Pending,
    /// The agent has reported that its journal has the command.
    Delivered,
    /// The agent waits for the player.
    AwaitingPlayer(WaitReason),
    /// The game ran it. Final.
    Completed,
    /// The last attempt failed.
    Failed(FailReason),
    /// The agent reported it as cancelled, or no agent was ever offered it.
    Cancelled,
}

impl CommandStatus {
    /// The status as text, in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::AwaitingPlayer(_) => "awaiting_player",
            Self::Completed => "completed",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The reason as text, if the status has one.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::AwaitingPlayer(reason) => Some(reason.as_str()),
            Self::Failed(reason) => Some(reason.as_str()),
            Self::Pending | Self::Delivered | Self::Completed | Self::Cancelled => None,
        }
    }

    /// Reads the texts of [`as_str`](Self::as_str) and [`reason`](Self::reason); `None` for any other.
    pub fn parse(status: &str, reason: Option<&str>) -> Option<CommandStatus> {
        Some(match status {
            "pending" => Self::Pending,
            other => match ReportState::parse(other, reason).ok()? {
                ReportState::Delivered => Self::Delivered,
                ReportState::AwaitingPlayer(reason) => Self::AwaitingPlayer(reason),
                ReportState::Completed => Self::Completed,
                ReportState::Failed(reason) => Self::Failed(reason),
                ReportState::Cancelled => Self::Cancelled,
            },
        })
    }

    /// True if an agent's report is still to come.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Delivered | Self::AwaitingPlayer(_))
    }
}
