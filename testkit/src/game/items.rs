//! The items of this game: enough of vanilla's for a shop. Display names are derived from the ids, which is right for all of these.

use super::limits::STACKS_AT_ONCE;

const UP_TO_64: &[&str] = &[
    "amethyst_shard",
    "anvil",
    "apple",
    "arrow",
    "barrel",
    "beacon",
    "bedrock",
    "blaze_rod",
    "bone",
    "bone_meal",
    "book",
    "bookshelf",
    "bread",
    "brick",
    "cactus",
    "carrot",
    "chest",
    "clay_ball",
    "coal",
    "coal_block",
    "cobblestone",
    "conduit",
    "cooked_beef",
    "cooked_chicken",
    "cookie",
    "copper_ingot",
    "crafting_table",
    "diamond",
    "diamond_block",
    "dirt",
    "dispenser",
    "dragon_egg",
    "dried_kelp",
    "echo_shard",
    "emerald",
    "emerald_block",
    "enchanted_golden_apple",
    "enchanting_table",
    "end_crystal",
    "end_stone",
    "ender_chest",
    "experience_bottle",
    "feather",
    "firework_rocket",
    "flint",
    "furnace",
    "ghast_tear",
    "glass",
    "glowstone",
    "gold_block",
    "gold_ingot",
    "gold_nugget",
    "golden_apple",
    "golden_carrot",
    "grass_block",
    "gravel",
    "gunpowder",
    "hopper",
    "ice",
    "iron_block",
    "iron_ingot",
    "iron_nugget",
    "ladder",
    "lapis_lazuli",
    "leather",
    "lever",
    "magma_cream",
    "melon_slice",
    "name_tag",
    "nether_star",
    "netherite_block",
    "netherite_ingot",
    "netherite_scrap",
    "netherrack",
    "oak_log",
    "oak_planks",
    "obsidian",
    "observer",
    "paper",
    "phantom_membrane",
    "piston",
    "potato",
    "prismarine_shard",
    "quartz",
    "rail",
    "raw_gold",
    "raw_iron",
    "redstone",
    "sand",
    "sandstone",
    "sea_lantern",
    "shulker_shell",
    "slime_ball",
    "spawner",
    "sponge",
    "stick",
    "stone",
    "string",
    "sugar",
    "sugar_cane",
    "torch",
    "trial_key",
    "wheat",
    "wheat_seeds",
];
const UP_TO_16: &[&str] = &["bucket", "egg", "ender_pearl", "honey_bottle", "oak_sign", "snowball", "white_banner"];
const ONE_BY_ONE: &[&str] = &[
    "bow",
    "crossbow",
    "diamond_axe",
    "diamond_boots",
    "diamond_chestplate",
    "diamond_helmet",
    "diamond_hoe",
    "diamond_leggings",
    "diamond_pickaxe",
    "diamond_shovel",
    "diamond_sword",
    "elytra",
    "enchanted_book",
    "fishing_rod",
    "flint_and_steel",
    "golden_sword",
    "iron_axe",
    "iron_boots",
    "iron_chestplate",
    "iron_helmet",
    "iron_leggings",
    "iron_pickaxe",
    "iron_sword",
    "lava_bucket",
    "mace",
    "netherite_axe",
    "netherite_boots",
    "netherite_chestplate",
    "netherite_helmet",
    "netherite_leggings",
    "netherite_pickaxe",
    "netherite_sword",
    "potion",
    "saddle",
    "shears",
    "shield",
    "shulker_box",
    "totem_of_undying",
    "trident",
    "water_bucket",
];

/// The id as in the tables, if the game knows it.
pub(super) fn find(id: &str) -> Option<&'static str> {
    [UP_TO_64, UP_TO_16, ONE_BY_ONE].into_iter().flatten().copied().find(|known| *known == id)
}

/// The stack size.
pub(super) fn stack(id: &str) -> u32 {
    if ONE_BY_ONE.contains(&id) {
        1
    } else if UP_TO_16.contains(&id) {
        16
    } else {
        64
    }
}

/// The most items that one `give` accepts.
pub(super) fn most_at_once(id: &str) -> u32 {
    stack(id) * STACKS_AT_ONCE
}

/// The name in brackets that feedback shows: `totem_of_undying` is `[Totem of Undying]`.
pub(super) fn display(id: &str) -> String {
    let words: Vec<String> = id.split('_').map(capitalised).collect();
    format!("[{}]", words.join(" "))
}

fn capitalised(word: &str) -> String {
    match (word, word.split_at_checked(1)) {
        ("of" | "and", _) | (_, None) => word.to_owned(),
        (_, Some((first, rest))) => first.to_uppercase() + rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_match_vanillas() {
        for (id, name) in [
            ("diamond", "[Diamond]"),
            ("totem_of_undying", "[Totem of Undying]"),
            ("flint_and_steel", "[Flint and Steel]"),
            ("enchanted_golden_apple", "[Enchanted Golden Apple]"),
        ] {
            assert_eq!(display(id), name);
        }
    }
}
