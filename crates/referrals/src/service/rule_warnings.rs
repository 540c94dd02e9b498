//! Warnings about a rule's settings that contradict each other.

use flux_referral_rules::{OnReturn, PartialReturn, Rule};

/// The warnings about a rule's settings.
pub(super) fn of_settings(rule: &Rule) -> Vec<String> {
    partial_return(rule.on_return).into_iter().map(|warning| format!("onReturn.partial: {warning}")).collect()
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
