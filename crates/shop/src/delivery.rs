use flux_delivery::command::Status;
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
pub fn delivery(statuses: impl Iterator<Item = Status>) -> Delivery {
    let (mut waiting, mut queued, mut completed, mut failed, mut cancelled) = (0, 0, 0, 0, 0);
    for status in statuses {
        *match status {
            Status::AwaitingPlayer(_) => &mut waiting,
            Status::Pending | Status::Delivered => &mut queued,
            Status::Completed => &mut completed,
            Status::Failed(_) => &mut failed,
            Status::Cancelled => &mut cancelled,
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
        let away = Status::AwaitingPlayer(WaitReason::PlayerOffline);
        let failed = Status::Failed(FailReason::RejectedByGame);
        for (statuses, expected) in [
            (vec![], Delivery::None),
            (vec![Status::Completed, failed, away], Delivery::AwaitingPlayer),
            (vec![Status::Completed, failed, Status::Pending], Delivery::Queued),
            (vec![Status::Delivered], Delivery::Queued),
            (vec![failed, failed], Delivery::Failed),
            (vec![failed, Status::Cancelled], Delivery::Failed),
            (vec![Status::Completed, failed], Delivery::Partial),
            (vec![Status::Completed, Status::Cancelled], Delivery::Partial),
            (vec![Status::Completed, Status::Completed], Delivery::Delivered),
            (vec![Status::Cancelled], Delivery::Cancelled),
        ] {
            assert_eq!(delivery(statuses.iter().copied()), expected, "{statuses:?}");
        }
    }
}
