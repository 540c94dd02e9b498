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

/// The status of commands with these statuses. The one that needs most attention wins. `is_left_out` if another one should
/// exist and cannot run anywhere, which counts as a failed one.
pub fn delivery(statuses: impl Iterator<Item = CommandStatus>, is_left_out: bool) -> Delivery {
    let (mut waiting, mut queued, mut completed, mut failed, mut cancelled) = (0_u32, 0_u32, 0_u32, 0_u32, 0_u32);
    for status in statuses {
        *match status {
            CommandStatus::AwaitingPlayer(_) => &mut waiting,
            CommandStatus::Pending | CommandStatus::Delivered => &mut queued,
            CommandStatus::Completed => &mut completed,
            CommandStatus::Failed(_) => &mut failed,
            CommandStatus::Cancelled => &mut cancelled,
        } += 1;
    }
    match (waiting, queued, completed, failed + u32::from(is_left_out), cancelled) {
        (1.., ..) => Delivery::AwaitingPlayer,
        (0, 1.., ..) => Delivery::Queued,
        (0, 0, 0, 0, 0) => Delivery::None,
        (0, 0, 1.., 0, 0) => Delivery::Delivered,
        (0, 0, 1.., ..) => Delivery::Partial,
        (0, 0, 0, 1.., _) => Delivery::Failed,
        (0, 0, 0, 0, 1..) => Delivery::Cancelled,
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
            assert_eq!(delivery(statuses.iter().copied(), true), expected, "{statuses:?}");
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
            assert_eq!(delivery(statuses.iter().copied(), false), expected, "{statuses:?}");
        }
    }
}
