use flux_delivery::command::CommandStatus;
use serde::Serialize;

/// Whether commands that belong together have run. Derived, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// There are none.
    None,
    /// Nothing is open, and what has run has failed.
    Failed,
    /// At least one waits for its player.
    AwaitingPlayer,
    /// At least one is on its way.
    Queued,
    /// Nothing is open; some have run and some have not.
    Partial,
    /// All have run.
    Delivered,
    /// All were cancelled.
    Cancelled,
}

/// Sums up, the news that needs most attention first.
pub fn delivery(statuses: impl Iterator<Item = CommandStatus>) -> Delivery {
    let (mut waiting, mut queued, mut completed, mut failed, mut cancelled) = (0, 0, 0, 0, 0);
    for status in statuses {
        *match status {
            CommandStatus::AwaitingPlayer(_) => &mut waiting,
            CommandStatus::Pending | CommandStatus::Delivered => &mut queued,
            CommandStatus::Completed => &mut completed,
            CommandStatus::Failed(_) => &mut failed,
            CommandStatus::Cancelled => &mut cancelled,
        } += 1;
    }
    match (waiting, queued, completed, failed, cancelled) {
        (1.., ..) => Delivery::AwaitingPlayer,
        (0, 1.., ..) => Delivery::Queued,
        (0, 0, 0, 0, 0) => Delivery::None,
        (0, 0, 1.., 0, 0) => Delivery::Delivered,
        (0, 0, 1.., ..) => Delivery::Partial,
        (0, 0, 0, 1.., _) => Delivery::Failed,
        _ => Delivery::Cancelled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flux_protocol::{FailReason, WaitReason};

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
            assert_eq!(delivery(statuses.iter().copied()), expected, "{statuses:?}");
        }
    }
}
