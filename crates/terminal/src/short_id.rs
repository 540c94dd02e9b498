//! Short ids for tables: prefixes that name one row each.

/// The shortest prefix of each id, of at least `least` characters, that no other id of the list begins with.
/// An id that begins another one stays whole.
#[must_use]
pub fn short_ids<'i>(ids: &[&'i str], least: usize) -> Vec<&'i str> {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let short = |id: &&'i str| {
        let at = sorted.binary_search(id).unwrap_or_default();
        let before = at.checked_sub(1).and_then(|before| sorted.get(before));
        let neighbours = before.into_iter().chain(sorted.get(at + 1));
        let shared = neighbours.map(|other| shared_chars(id, other)).max().unwrap_or_default();
        let end = id.char_indices().nth(least.max(shared + 1)).map_or(id.len(), |(end, _)| end);
        &id[..end]
    };
    ids.iter().map(short).collect()
}

fn shared_chars(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_id_names_one_row() {
        let ids = ["cmd_aaaaaaaaaaaa", "cmd_abaaaaaaaaaa", "order-1", "order-12", "x"];
        assert_eq!(short_ids(&ids, 5), ["cmd_aa", "cmd_ab", "order-1", "order-12", "x"]);
        assert_eq!(short_ids(&ids, 12), ["cmd_aaaaaaaa", "cmd_abaaaaaa", "order-1", "order-12", "x"]);
        assert_eq!(short_ids(&["same", "same"], 2), ["sa", "sa"]);
        assert!(short_ids(&[], 12).is_empty());
    }
}
