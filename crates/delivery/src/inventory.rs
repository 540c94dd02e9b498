use std::collections::BTreeSet;

/// Slots of the main inventory and the hotbar. Armour and the off hand (100 and up, negative) take no bought item.
const SLOTS: u8 = 36;

/// Free slots of 36 in the answer to `data get entity NAME Inventory`; `None` when it is no such answer.
pub fn free_slots(answer: &str) -> Option<u8> {
    let list = answer.split_once("has the following entity data: ")?.1.trim();
    if !list.starts_with('[') || !list.ends_with(']') {
        return None;
    }
    let own = own_text(list);
    let slots =
        own.split(',').filter_map(|pair| pair.trim().strip_prefix("Slot:")?.trim().strip_suffix('b')?.parse().ok());
    let used: BTreeSet<u8> = slots.filter(|slot| *slot < SLOTS).collect();
    Some(SLOTS - used.len() as u8)
}

/// What stands at the items' own level: what is inside a shulker box has slots too, which are not the player's. Texts in quotes are left out.
fn own_text(list: &str) -> String {
    let (mut depth, mut quote, mut escaped) = (0_u32, None, false);
    let mut own = String::new();
    for c in list.chars() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth = depth.saturating_sub(1),
            (None, c) if depth == 2 || c == ',' => own.push(c),
            _ => {}
        }
    }
    own
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
        for no_list in ["5", "[{Slot: 1b}", "{Slot: 1b}]"] {
            assert_eq!(free_slots(&format!("Steve has the following entity data: {no_list}")), None, "{no_list}");
        }
        assert_eq!(free_slots("Steve has the following entity data: [{Slot: 36b}, {Slot: 0b}]"), Some(35));
    }

    #[test]
    fn what_is_inside_a_shulker_box_or_a_text_takes_no_slot_of_the_player() {
        let answer = r#"Steve has the following entity data: [{Slot: 3b, id: "minecraft:shulker_box", tag: {BlockEntityTag: {Items: [{Slot: 0b, id: "a"}, {Slot: 1b, id: "b"}]}}, Count: 1b}, {id: "n", tag: {display: {Name: '{"text":"a \'Slot: 9b, ]}"}'}}, Slot: 4b}]"#;
        assert_eq!(free_slots(answer), Some(34));
    }
}
