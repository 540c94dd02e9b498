//! Status updates of the periodic sweeps (D-16). They serve readers of the rows; each decision applies the deadlines itself.

use crate::{Attribution, Change, Dispatch, Grant, GrantStatus, Program, Status, issue_due};
use jiff::Timestamp;

/// `expire-pending`: the attributions whose order can no longer come in time, as they are now to be kept (R2-28).
pub fn expire_pending<'a>(rows: impl IntoIterator<Item = &'a Attribution>, now: Timestamp) -> Vec<Attribution> {
    let late = rows.into_iter().filter(|row| row.status == Status::Pending && row.status_at(now) == Status::Expired);
    late.map(|row| Attribution { status: Status::Expired, ..row.clone() }).collect()
}

/// `expire-rewards`: the grants whose code was not used in time, as they are now to be kept.
pub fn expire_rewards<'a>(grants: impl IntoIterator<Item = &'a Grant>, now: Timestamp) -> Vec<Grant> {
    let late = grants.into_iter().filter_map(|grant| match (&grant.status, grant.status_at(now)) {
        (GrantStatus::Issued(_), status @ GrantStatus::Expired(_)) => Some(Grant { status, ..grant.clone() }),
        _ => None,
    });
    late.collect()
}

/// `issue-due`: issues the grants that are due.
pub fn issue_all_due<'a>(
    program: &Program,
    grants: impl IntoIterator<Item = (&'a Grant, Dispatch<'a>)>,
    now: Timestamp,
) -> Vec<Change> {
    grants.into_iter().filter_map(|(grant, dispatch)| issue_due(program, grant, &dispatch, now)).collect()
}
