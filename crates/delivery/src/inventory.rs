use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Slots of the main inventory and the hotbar. Armour and the off hand (100 and up, negative) take no bought item.
const SLOTS: u8 = 36;

/// Free slots of 36 in the answer to `data get entity NAME Inventory`; `None` when it is no such answer.
pub fn free_slots(answer: &str) -> Option<u8> {
    #[expect(clippy::expect_used, reason = "a constant pattern")]
    static SLOT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bSlot: (-?\d+)b").expect("valid"));
    let list = answer.split_once("has the following entity data: ")?.1;
    if !list.trim_start().starts_with('[') {
        return None;
    }
    let used: BTreeSet<u8> =
        SLOT.captures_iter(list).filter_map(|found| found[1].parse().ok()).filter(|slot| *slot < SLOTS).collect();
    Some(SLOTS - used.len() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_slots_are_counted_and_armour_is_not() {
        let answer = r#"Steve has the following entity data: [{count: 5, Slot: 0b, id: "minecraft:diamond"}, {Slot: 35b, id: "x", Count: 1b}, {Slot: 103b, id: "y"}, {Slot: -106b, id: "z"}]"#;
        assert_eq!(free_slots(answer), Some(34));
        assert_eq!(free_slots("Steve has the following entity data: []"), Some(36));
        assert_eq!(free_slots("No entity was found"), None);
        assert_eq!(free_slots("Steve has the following entity data: 5"), None);
    }
}
