//! Warnings about a rule's settings that contradict each other.

use flux_referral_rules::{Completion, OnReturn, OrderTiming, PartialReturn, Rule};

/// The warnings about a rule's settings. `is_completion_reported`: an order of the store was reported as completed.
pub(super) fn of_settings(rule: &Rule, is_completion_reported: bool) -> Vec<String> {
    let partial = partial_return(rule.on_return).map(|warning| format!("onReturn.partial: {warning}"));
    let timing = timing(rule.order_timing, is_completion_reported).map(|warning| format!("orderTiming: {warning}"));
    partial.into_iter().chain(timing).collect()
}

/// Warns about a reward that waits for a report that nobody sends.
fn timing(timing: OrderTiming, is_completion_reported: bool) -> Option<&'static str> {
    match timing {
        OrderTiming::DaysAfterCompletion(_, Completion::Told) if !is_completion_reported => Some(
            "no order was reported as completed so far, and the reward waits for that: report it \
             (`POST /orders/{id}/completed`), or set `completion` to `delivered`",
        ),
        OrderTiming::DaysAfterCompletion(_, Completion::Told | Completion::Delivered)
        | OrderTiming::AtPayment
        | OrderTiming::DaysAfterPayment(_) => None,
    }
}

/// Warns about a return of a part that takes nothing back, although the rule says that it does.
fn partial_return(on_return: OnReturn) -> Option<&'static str> {
    let OnReturn { recover_points, revoke_unused_codes, partial } = on_return;
    match partial {
        PartialReturn::Proportional if !recover_points => {
            Some("a share is taken of points and store credit only, and `recoverPoints` is off: set it to true")
        }
        PartialReturn::All if !recover_points && !revoke_unused_codes => {
            Some("nothing is taken back: set `recoverPoints` or `revokeUnusedCodes` to true")
        }
        PartialReturn::Keep | PartialReturn::Proportional | PartialReturn::All => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_return_that_takes_nothing_back_is_a_warning() {
        use PartialReturn::{All, Keep, Proportional};
        for (partial, recover_points, revoke_unused_codes, expected) in [
            (Keep, false, false, false),
            (Proportional, true, false, false),
            (Proportional, false, true, true),
            (All, false, true, false),
            (All, true, false, false),
            (All, false, false, true),
        ] {
            let warning = partial_return(OnReturn { recover_points, revoke_unused_codes, partial });
            assert_eq!(warning.is_some(), expected, "{partial} {recover_points} {revoke_unused_codes}");
        }
    }
}
