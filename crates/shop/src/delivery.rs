//! The delivery status of commands that belong together.

use flux_delivery::command::CommandStatus;

string_enum! {
    /// The progress of commands that belong together. Derived from them, never stored.
    pub enum Delivery {
        /// There are no commands.
        None = "none",
        /// No command is open, none has completed, and at least one has failed.
        Failed = "failed",
        /// At least one command waits for its player.
        AwaitingPlayer = "awaiting_player",
        /// At least one command is open.
        Queued = "queued",
        /// No command is open; some have completed and some have not.
        Partial = "partial",
        /// All commands have completed.
        Delivered = "delivered",
        /// All commands were cancelled.
        Cancelled = "cancelled",
    }
}

/// The number of commands that belong together, by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CommandCounts {
    /// Not yet in the agent's journal.
    pub pending: u64,
    /// In the agent's journal.
    pub delivered: u64,
    /// Waiting for their player.
    pub awaiting_player: u64,
    /// Ran.
    pub completed: u64,
    /// Failed.
    pub failed: u64,
    /// Cancelled before they ran.
    pub cancelled: u64,
}

impl CommandCounts {
    /// The number of a status by its word; `None` for a word that is no status.
    pub fn of(&mut self, status: &str) -> Option<&mut u64> {
        Some(match status {
            "pending" => &mut self.pending,
            "delivered" => &mut self.delivered,
            "awaiting_player" => &mut self.awaiting_player,
            "completed" => &mut self.completed,
            "failed" => &mut self.failed,
            "cancelled" => &mut self.cancelled,
            _ => return None,
        })
    }

    /// True if all commands have run.
    pub fn have_run(&self) -> bool {
        CommandCounts { completed: 0, ..*self } == CommandCounts::default()
    }

    /// The status of these commands. The one that needs most attention wins. `is_left_out` if another one should exist and
    /// cannot run anywhere, which counts as a failed one.
    pub fn delivery(&self, is_left_out: bool) -> Delivery {
        let CommandCounts { pending, delivered, awaiting_player, completed, failed, cancelled } = *self;
        match (awaiting_player, pending + delivered, completed, failed + u64::from(is_left_out), cancelled) {
            (1.., ..) => Delivery::AwaitingPlayer,
            (0, 1.., ..) => Delivery::Queued,
            (0, 0, 0, 0, 0) => Delivery::None,
            (0, 0, 1.., 0, 0) => Delivery::Delivered,
            (0, 0, 1.., ..) => Delivery::Partial,
            (0, 0, 0, 1.., _) => Delivery::Failed,
            (0, 0, 0, 0, 1..) => Delivery::Cancelled,
        }
    }
}

impl FromIterator<CommandStatus> for CommandCounts {
    fn from_iter<I: IntoIterator<Item = CommandStatus>>(statuses: I) -> CommandCounts {
        let mut counts = CommandCounts::default();
        for status in statuses {
            *match status {
                CommandStatus::Pending => &mut counts.pending,
                CommandStatus::Delivered => &mut counts.delivered,
                CommandStatus::AwaitingPlayer(_) => &mut counts.awaiting_player,
                CommandStatus::Completed => &mut counts.completed,
                CommandStatus::Failed(_) => &mut counts.failed,
                CommandStatus::Cancelled => &mut counts.cancelled,
            } += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flux_protocol::{FailReason, WaitReason};

    #[test]
    fn order_is_not_delivered_while_a_server_is_left_out() {
        for (statuses, expected) in [
            (vec![], Delivery::Failed),
            (vec![CommandStatus::Completed], Delivery::Partial),
            (vec![CommandStatus::Pending], Delivery::Queued),
            (vec![CommandStatus::Cancelled], Delivery::Failed),
        ] {
            assert_eq!(statuses.iter().copied().collect::<CommandCounts>().delivery(true), expected, "{statuses:?}");
        }
    }

    #[test]
    fn the_worst_news_comes_first() {
        let away = CommandStatus::AwaitingPlayer(WaitReason::PlayerOffline);
        let failed = CommandStatus::Failed(FailReason::RejectedByGame);
        for (statuses, expected) in [
            (vec![], Delivery::None),
            (vec![CommandStatus::Completed, failed, away], Delivery::AwaitingPlayer),
            (vec![CommandStatus::Completed, failed, CommandStatus::Pending], Delivery::Queued),
            (vec![CommandStatus::Delivered], Delivery::Queued),
            (vec![failed, failed], Delivery::Failed),
            (vec![failed, CommandStatus::Cancelled], Delivery::Failed),
            (vec![CommandStatus::Completed, failed], Delivery::Partial),
            (vec![CommandStatus::Completed, CommandStatus::Cancelled], Delivery::Partial),
            (vec![CommandStatus::Completed, CommandStatus::Completed], Delivery::Delivered),
            (vec![CommandStatus::Cancelled], Delivery::Cancelled),
        ] {
            assert_eq!(statuses.iter().copied().collect::<CommandCounts>().delivery(false), expected, "{statuses:?}");
        }
    }

    #[test]
    fn counts_by_word_and_by_status_agree() {
        let statuses = [
            CommandStatus::Pending,
            CommandStatus::Delivered,
            CommandStatus::AwaitingPlayer(WaitReason::PlayerDead),
            CommandStatus::Completed,
            CommandStatus::Failed(FailReason::Expired),
            CommandStatus::Cancelled,
        ];
        for status in statuses {
            let mut counts = CommandCounts::default();
            *counts.of(status.as_str()).expect("a status") += 1;
            assert_eq!(counts, CommandCounts::from_iter([status]));
            assert_eq!(counts.have_run(), status == CommandStatus::Completed);
        }
        assert_eq!(CommandCounts::default().of("ran"), None);
    }
}
