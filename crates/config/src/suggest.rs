//! Suggests the known key that an unknown one was meant to be.

use std::collections::BTreeSet;

/// The known key that is most similar to `key`: one typing error in a short key, one for every three characters in a long
/// one.
pub(crate) fn nearest(key: &str, known: &BTreeSet<&'static str>) -> Option<&'static str> {
    let errors_allowed = (key.chars().count() / 3).max(1);
    let (errors, nearest) = known.iter().map(|candidate| (typing_errors(key, candidate), *candidate)).min()?;
    (errors <= errors_allowed).then_some(nearest)
}

/// The optimal string alignment distance: characters added, omitted, replaced, or swapped with their neighbour.
fn typing_errors(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before_last = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for row in 1..=left.len() {
        let mut current = vec![row];
        for column in 1..=right.len() {
            let replaced = usize::from(left[row - 1] != right[column - 1]);
            let mut best = (last[column] + 1).min(current[column - 1] + 1).min(last[column - 1] + replaced);
            let is_swap =
                row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1];
            if is_swap {
                best = best.min(before_last[column - 2] + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_counted() {
        for (left, right, expected) in [
            ("", "", 0),
            ("url", "url", 0),
            ("", "url", 3),
            ("ulr", "url", 1),
            ("tokenfile", "token_file", 1),
            ("intervall", "interval", 1),
            ("timeuot", "timeout", 1),
            ("allow", "deny", 5),
        ] {
            assert_eq!(typing_errors(left, right), expected, "{left} {right}");
            assert_eq!(typing_errors(right, left), expected, "{right} {left}");
        }
    }

    #[test]
    fn only_a_similar_key_is_suggested() {
        let known = BTreeSet::from(["token", "token_file", "url"]);
        assert_eq!(nearest("ulr", &known), Some("url"));
        assert_eq!(nearest("token_flie", &known), Some("token_file"));
        assert_eq!(nearest("password", &known), None);
        assert_eq!(nearest("x", &BTreeSet::new()), None);
    }
}
