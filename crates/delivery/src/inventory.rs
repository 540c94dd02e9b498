//! Counting a player's free inventory slots.

use std::collections::BTreeSet;

/// Slots of the main inventory and the hotbar. Armour slots (100 and up) and the off hand (negative) do not receive
/// items from `give`.
const SLOTS: u8 = 36;

/// The line that asks for a player's inventory (1.13 and later); [`free_slots`] reads the answer.
///
/// The name is in quotes: without them the game's parser stops at a Bedrock prefix such as `*`.
pub fn inventory_line(name: &str) -> String {
    format!("data get entity \"{name}\" Inventory")
}

/// The free slots, of 36, in the answer to [`inventory_line`]; `None` for any other text.
pub fn free_slots(answer: &str) -> Option<u8> {
    let list = answer.split_once("has the following entity data: ")?.1.trim();
    if !list.starts_with('[') || !list.ends_with(']') {
        return None;
    }
    let top_level = top_level_text(list);
    let slots = top_level
        .split(',')
        .filter_map(|pair| pair.trim().strip_prefix("Slot:")?.trim().strip_suffix('b')?.parse().ok());
    let used: BTreeSet<u8> = slots.filter(|slot| *slot < SLOTS).collect();
    Some(SLOTS - used.len() as u8)
}

/// The text at the level of the items themselves, without quoted texts. Items inside a shulker box have slots too, but
/// not the player's.
fn top_level_text(list: &str) -> String {
    let (mut depth, mut quote, mut escaped) = (0_u32, None, false);
    let mut top_level = String::new();
    for c in list.chars() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth = depth.saturating_sub(1),
            (None, c) if depth == 2 || c == ',' => top_level.push(c),
            _ => {}
        }
    }
    top_level
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn armour_slots_are_not_counted() {
        let answer = r#"Steve has the following entity data: [{count: 5, Slot: 0b, id: "minecraft:diamond"}, {Slot: 35b, id: "x", Count: 1b}, {Slot: 103b, id: "y"}, {Slot: -106b, id: "z"}]"#;
        assert_eq!(free_slots(answer), Some(34));
        assert_eq!(free_slots("Steve has the following entity data: []"), Some(36));
        assert_eq!(free_slots("No entity was found"), None);
        for no_list in ["5", "[{Slot: 1b}", "{Slot: 1b}]"] {
            assert_eq!(free_slots(&format!("Steve has the following entity data: {no_list}")), None, "{no_list}");
        }
        assert_eq!(free_slots("Steve has the following entity data: [{Slot: 36b}, {Slot: 0b}]"), Some(35));
    }

    #[test]
    fn slots_inside_shulker_boxes_and_texts_are_not_counted() {
        let answer = r#"Steve has the following entity data: [{Slot: 3b, id: "minecraft:shulker_box", tag: {BlockEntityTag: {Items: [{Slot: 0b, id: "a"}, {Slot: 1b, id: "b"}]}}, Count: 1b}, {id: "n", tag: {display: {Name: '{"text":"a \'Slot: 9b, ]}"}'}}, Slot: 4b}]"#;
        assert_eq!(free_slots(answer), Some(34));
    }
}
