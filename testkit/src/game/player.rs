//! [`Player`]: the stored state of one player.

use std::collections::{BTreeMap, BTreeSet};

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::dialect::Flavour;
use super::items;
use super::limits::INVENTORY_SLOTS;

/// The stored state of a player, online or not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Player {
    /// Item ids without `minecraft:`, and their counts.
    pub inventory: BTreeMap<String, u32>,
    /// Experience points given.
    pub points: i64,
    /// Experience levels given.
    pub levels: i64,
    /// Tags given.
    pub tags: BTreeSet<String>,
    /// Money, if EssentialsX is installed.
    #[serde(default)]
    pub balance: i64,
    /// Permission groups, if LuckPerms is installed.
    #[serde(default)]
    pub groups: BTreeSet<String>,
    /// On the death screen. `give` succeeds for a dead player, and the items are lost.
    pub dead: bool,
}

impl Player {
    /// Adds items as far as there is room. The game drops the rest at the player's feet; here it is lost.
    pub(super) fn receive(&mut self, item: &str, count: u32) {
        if self.dead {
            return;
        }
        let stack = items::stack(item);
        let used: u32 = self.stacks().count() as u32;
        let held = self.inventory.get(item).copied().unwrap_or_default();
        let room = held.next_multiple_of(stack) - held + INVENTORY_SLOTS.saturating_sub(used) * stack;
        if count.min(room) > 0 {
            self.inventory.insert(item.to_owned(), held + count.min(room));
        }
    }

    /// The inventory as `data get entity … Inventory` shows it.
    pub(super) fn inventory_snbt(&self, flavour: Flavour) -> String {
        let show = |(slot, (item, count)): (usize, (&str, u32))| {
            flavour.text("item-data", &[&count.to_string(), &slot.to_string(), item])
        };
        let shown: Vec<String> = self.stacks().enumerate().map(show).collect();
        format!("[{}]", shown.join(", "))
    }

    /// One entry for every slot in use.
    fn stacks(&self) -> impl Iterator<Item = (&str, u32)> {
        self.inventory.iter().flat_map(|(item, &count)| {
            let stack = items::stack(item);
            (0..count.div_ceil(stack)).map(move |slot| (&**item, stack.min(count - slot * stack)))
        })
    }
}

/// The UUID of a name on a server in offline mode: version 3 over the MD5 of `OfflinePlayer:` and the name, dashed, in lower case.
pub fn offline_uuid(name: &str) -> String {
    let mut bytes: [u8; 16] = Md5::digest(format!("OfflinePlayer:{name}")).into();
    bytes[6] = bytes[6] & 0x0f | 0x30;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offline_uuid_matches_real_servers() {
        assert_eq!(offline_uuid("Steve"), "5627dd98-e6be-3c21-b8a8-e92344183641");
        assert_ne!(offline_uuid("steve"), offline_uuid("Steve"));
    }

    #[test]
    fn full_inventory_takes_no_more_items() {
        let mut player = Player::default();
        player.receive("diamond", 65);
        player.receive("diamond_sword", 2);
        let shown = r#"[{count: 64, Slot: 0b, id: "minecraft:diamond"}, {count: 1, Slot: 1b, id: "minecraft:diamond"}, {count: 1, Slot: 2b, id: "minecraft:diamond_sword"}, {count: 1, Slot: 3b, id: "minecraft:diamond_sword"}]"#;
        assert_eq!(player.inventory_snbt(Flavour::Vanilla), shown);
        player.receive("diamond", 6400);
        assert_eq!(player.inventory["diamond"], 34 * 64);
        player.receive("apple", 1);
        assert_eq!(player.inventory.get("apple"), None);
    }
}
