//! Tests that the game answers word for word as vanilla 1.21.4 does.

use super::dialect::{Dialect, Flavour};
use super::{Effect, World};

const STEVE: &str = "5627dd98-e6be-3c21-b8a8-e92344183641";

fn world_with(names: &[&str]) -> World {
    let mut world = World::default();
    world.set_up(20, Dialect::default());
    for name in names {
        world.join(name).unwrap();
    }
    world
}

/// Runs each line in turn and compares the answers.
fn says(world: &mut World, talk: &[(&str, &str)]) {
    for (line, expected) in talk {
        assert_eq!(world.run(line, 1234), *expected, "{line}");
    }
}

#[test]
fn list_shows_players_in_join_order() {
    says(&mut world_with(&[]), &[("list", "There are 0 of a max of 20 players online: ")]);
    let mut world = world_with(&["Steve", "Alex"]);
    says(&mut world, &[("list", "There are 2 of a max of 20 players online: Steve, Alex")]);
    world.leave("Alex").unwrap();
    says(&mut world, &[("/list uuids", &format!("There are 1 of a max of 20 players online: Steve ({STEVE})"))]);
}

#[test]
fn give_finds_a_player_by_name_without_case_and_by_uuid() {
    let mut world = world_with(&["Alex", "Steve"]);
    says(
        &mut world,
        &[
            ("give Steve diamond 5", "Gave 5 [Diamond] to Steve"),
            ("give sTEVE minecraft:golden_apple", "Gave 1 [Golden Apple] to Steve"),
            (&format!("give {STEVE} diamond 2"), "Gave 2 [Diamond] to Steve"),
            ("give \"Steve\" diamond", "Gave 1 [Diamond] to Steve"),
        ],
    );
    let player = world.player("Steve").unwrap();
    assert_eq!((player.inventory["diamond"], player.inventory["golden_apple"]), (8, 1));
    assert!(world.player("Alex").unwrap().inventory.is_empty());
}

#[test]
fn selector_hits_every_player() {
    let mut world = world_with(&["@a", "Steve", "Alex"]);
    for selector in ["@a", "@p", "@e", "@e[type=player]"] {
        says(&mut world, &[(&format!("give {selector} diamond"), "Gave 1 [Diamond] to 3 players")]);
    }
    says(&mut world, &[("give @e[type=player,name=Alex] diamond", "Gave 1 [Diamond] to Alex")]);
    let diamonds = ["@a", "Steve", "Alex"].map(|name| world.player(name).unwrap().inventory["diamond"]);
    assert_eq!(diamonds, [4, 4, 5]);
}

#[test]
fn failed_give_has_a_reason_and_no_effect() {
    let mut world = world_with(&["Steve"]);
    says(
        &mut world,
        &[
            ("give Alex diamond", "No player was found"),
            ("give Steve diamond 6401", "Can't give more than 6400 of [Diamond]"),
            ("give Steve diamnd", "Unknown item 'minecraft:diamnd'...ive Steve diamnd<--[HERE]"),
            ("give Steve mod:diamond", "Unknown item 'mod:diamond'...ive Steve mod:diamond<--[HERE]"),
            ("give Steve diamond 0", "Integer must not be less than 1, found 0...e diamond 0<--[HERE]"),
            ("give Steve diamond five", "Expected integer...e diamond five<--[HERE]"),
            ("give Steve diamond 1 2", "Incorrect argument for command...diamond 1 2<--[HERE]"),
            ("give Steve", "Unknown or incomplete command, see below for errorgive Steve<--[HERE]"),
            ("give ABCDEFGHIJKLMNOPQ diamond", "Invalid name or UUIDgive ABCDEFGHIJKLMNOPQ diamond<--[HERE]"),
            ("give *Steve diamond", "Invalid name or UUIDgive *Steve diamond<--[HERE]"),
        ],
    );
    assert_eq!(world.effects_total(), 0);
    assert!(world.player("Steve").unwrap().inventory.is_empty());
}

#[test]
fn syntax_error_echoes_the_line_and_its_position() {
    says(
        &mut world_with(&[]),
        &[
            ("lp user Steve", "Unknown or incomplete command, see below for errorlp user Steve<--[HERE]"),
            ("/minecraft:list", "Unknown or incomplete command, see below for errorminecraft:list<--[HERE]"),
            ("", "Unknown or incomplete command, see below for error<--[HERE]"),
            ("list names", "Incorrect argument for commandlist names<--[HERE]"),
        ],
    );
}

#[test]
fn small_commands_answer_like_vanilla() {
    let mut world = world_with(&["Steve", "Alex"]);
    says(
        &mut world,
        &[
            ("say hello, all", ""),
            ("experience add steve 30", "Gave 30 experience points to Steve"),
            ("experience add Steve 3 levels", "Gave 3 experience levels to Steve"),
            ("experience add @a 1 points", "Gave 1 experience points to 2 players"),
            ("experience add Nobody 1", "No player was found"),
            ("tag Steve add vip", "Added tag 'vip' to Steve"),
            ("tag Steve add vip", "Target either already has the tag or has too many tags"),
            ("tag Nobody add vip", "No entity was found"),
            ("op sTeve", "Made Steve a server operator"),
            ("op Steve", "Nothing changed. The player already is an operator"),
            ("time query gametime", "The time is 1234"),
            ("seed", "Seed: [20260704]"),
            ("stop", "Stopping the server"),
        ],
    );
    let player = world.player("Steve").unwrap();
    assert_eq!((player.points, player.levels, player.tags.contains("vip")), (31, 3, true));
    assert!(world.stopping);
}

#[test]
fn dead_players_have_names_and_lose_given_items() {
    let mut world = world_with(&["Steve"]);
    says(
        &mut world,
        &[
            ("execute if entity @e[type=player,name=Steve]", "Test passed, count: 1"),
            ("execute if entity @e[type=player,name=steve]", "Test failed"),
            ("execute if entity steve", "Test passed, count: 1"),
            ("execute if entity Alex", "Test failed"),
        ],
    );
    world.die("Steve").unwrap();
    says(
        &mut world,
        &[
            ("execute if entity @e[type=player,name=Steve]", "Test failed"),
            ("execute if entity Steve", "Test passed, count: 1"),
            ("give Steve diamond", "Gave 1 [Diamond] to Steve"),
        ],
    );
    world.respawn("Steve").unwrap();
    assert!(world.player("Steve").unwrap().inventory.is_empty());
    says(&mut world, &[("execute if entity @e[type=player,name=Steve]", "Test passed, count: 1")]);
}

#[test]
fn inventory_is_shown_slot_by_slot() {
    let mut world = world_with(&["Steve"]);
    says(
        &mut world,
        &[
            ("data get entity Steve Inventory", "Steve has the following entity data: []"),
            ("give Steve diamond 5", "Gave 5 [Diamond] to Steve"),
            (
                "data get entity steve Inventory",
                r#"Steve has the following entity data: [{count: 5, Slot: 0b, id: "minecraft:diamond"}]"#,
            ),
            ("data get entity Alex Inventory", "No entity was found"),
        ],
    );
}

#[test]
fn marker_is_stored_with_the_effect_and_its_success() {
    let mut world = world_with(&["Steve"]);
    says(
        &mut world,
        &[
            ("data get storage flux:proof a_1", "Found no elements matching a_1"),
            (
                "execute store success storage flux:proof a_1 byte 1 run give Steve diamond 5",
                "Gave 5 [Diamond] to Steve",
            ),
            ("execute store success storage flux:proof b_1 byte 1 run give Alex diamond 5", "No player was found"),
            ("data get storage flux:proof a_1", "Storage flux:proof has the following contents: 1b"),
            ("data get storage flux:proof b_1", "Storage flux:proof has the following contents: 0b"),
            ("data get storage flux:proof", "Storage flux:proof has the following contents: {a_1: 1b, b_1: 0b}"),
            ("data remove storage flux:proof a_1", "Modified storage flux:proof"),
            (
                "data remove storage flux:proof a_1",
                "Nothing changed. The specified properties already have these values",
            ),
            ("data get storage flux:proof a_1", "Found no elements matching a_1"),
            ("data get storage flux:other", "Storage flux:other has the following contents: {}"),
        ],
    );
    let effect = Effect { line: "give Steve diamond 5".to_owned(), players: vec!["Steve".to_owned()] };
    assert!(world.effects().eq([&effect]));
}

#[test]
fn invalid_command_after_run_leaves_no_marker() {
    let mut world = world_with(&["Steve"]);
    for (inner, message) in [
        ("lp user Steve parent set vip", "Incorrect argument for command"),
        ("give Steve diamnd", "Unknown item 'minecraft:diamnd'"),
        ("give Steve", "Unknown or incomplete command, see below for error"),
    ] {
        let text = world.run(&format!("execute store success storage flux:proof a_1 byte 1 run {inner}"), 0);
        assert!(text.starts_with(message) && text.ends_with("<--[HERE]"), "{text}");
        assert_eq!(world.stored("flux:proof", "a_1"), None);
    }
}

#[test]
fn player_names_follow_vanillas_rules() {
    let mut world = world_with(&["@a", "quo\"te", ".Bedrock", "X"]);
    for name in ["", "bad name", "ABCDEFGHIJKLMNOPQ", "Jürgen"] {
        assert!(world.join(name).is_err(), "{name}");
    }
    assert_eq!(world.online().len(), 4);
}

fn world_of(flavour: Flavour, names: &[&str]) -> World {
    let mut world = world_with(names);
    world.set_up(20, Dialect { flavour, plugins: true });
    world
}

#[test]
fn craftbukkit_servers_accept_vanilla_commands_by_long_name() {
    for flavour in [Flavour::Paper, Flavour::Spigot] {
        let mut world = world_of(flavour, &["Steve"]);
        says(
            &mut world,
            &[
                ("minecraft:list uuids", &format!("There are 1 of a max of 20 players online: Steve ({STEVE})")),
                ("/minecraft:give Steve diamond", "Gave 1 [Diamond] to Steve"),
                ("execute store success storage flux:proof a byte 1 run minecraft:seed", "Seed: [20260704]"),
                ("minecraft:execute if entity Steve", "Test passed, count: 1"),
            ],
        );
    }
    let unknown = "Unknown or incomplete command, see below for errorminecraft:list uuids<--[HERE]";
    says(&mut world_of(Flavour::Forge, &[]), &[("minecraft:list uuids", unknown)]);
}

#[test]
fn essentialsx_groups_the_list_and_keeps_minecraft_list() {
    let mut world = world_of(Flavour::Paper, &["Steve", "Alex"]);
    says(
        &mut world,
        &[
            ("list", "§6There are §c2§6 out of maximum §c20§6 players online.\n§6default§f: Steve, Alex\n"),
            ("list uuids", "§6There are §c2§6 out of maximum §c20§6 players online.\n§6default§f: Steve, Alex\n"),
            ("minecraft:list", "There are 2 of a max of 20 players online: Steve, Alex"),
        ],
    );
}

#[test]
fn plugin_command_after_run_always_succeeds_on_paper() {
    let mut world = world_of(Flavour::Paper, &["Steve"]);
    says(
        &mut world,
        &[
            (
                "execute store success storage flux:proof a byte 1 run eco give Steve 5",
                "§a$5 added to Steve's account. New balance: $5\n",
            ),
            ("execute store success storage flux:proof b byte 1 run eco give Alex 5", "§cError: §4Player not found.\n"),
            ("execute store success storage flux:proof c byte 1 run lp user Steve parent add vip", ""),
        ],
    );
    assert_eq!(["a", "b", "c"].map(|key| world.stored("flux:proof", key)), [Some(1); 3]);
    assert_eq!((world.player("Steve").unwrap().balance, world.effects_total()), (5, 2));
}

#[test]
fn plugin_command_after_run_does_not_parse_on_spigot() {
    let mut world = world_of(Flavour::Spigot, &["Steve"]);
    let text = world.run("execute store success storage flux:proof a byte 1 run eco give Steve 5", 0);
    assert!(text.starts_with("Incorrect argument for command") && text.ends_with("<--[HERE]"), "{text}");
    assert_eq!((world.stored("flux:proof", "a"), world.effects_total()), (None, 0));
    says(&mut world, &[("eco give Steve 5", "§a$5 added to Steve's account. New balance: $5\n")]);
}

#[test]
fn unknown_command_error_differs_by_software() {
    let unknown = "Unknown or incomplete command, see below for error";
    says(&mut world_of(Flavour::Paper, &[]), &[("dance", &format!("{unknown}\ndance<--[HERE]")), (" ", "")]);
    says(&mut world_of(Flavour::Spigot, &[]), &[("dance", "Unknown command. Type \"/help\" for help.\n")]);
    says(&mut world_of(Flavour::Fabric, &[]), &[("dance", &format!("{unknown}dance<--[HERE]"))]);
}

#[test]
fn each_dialect_has_its_own_clock_list_and_unknown_command() {
    let steve = format!("Steve ({STEVE})");
    for (flavour, clock, list, unknown) in [
        (
            Flavour::V1_12,
            "The time is 1234",
            format!("There are 1/20 players online:{steve}"),
            "Unknown command. Try /help for a list of commands",
        ),
        (
            Flavour::V1_16,
            "The time is 1234",
            format!("There are 1 of a max of 20 players online: {steve}"),
            "Unknown or incomplete command, see below for errordance<--[HERE]",
        ),
        (
            Flavour::V26,
            "The game time is 1234 tick(s)",
            format!("There are 1 of a max of 20 players online: {steve}"),
            "Unknown or incomplete command. See below for errordance<--[HERE]",
        ),
        (
            Flavour::Folia,
            "The time is 1234",
            format!("There are 1 of a max of 20 players online: {steve}"),
            "Unknown or incomplete command, see below for error\ndance<--[HERE]",
        ),
        (Flavour::Cuberite, "Unknown command: \"time\"", "Players (1): Steve".to_owned(), "Unknown command: \"dance\""),
        (Flavour::Pumpkin, "Command not found", "Invalid Syntax. Usage: /list".to_owned(), "Command not found"),
    ] {
        let talk = [("time query gametime", clock), ("list uuids", &*list), ("dance", unknown)];
        says(&mut world_of_plain(flavour, &["Steve"]), &talk);
    }
}

#[test]
fn refusals_of_other_software_are_in_its_own_words() {
    says(
        &mut world_of_plain(Flavour::V1_12, &["Steve"]),
        &[
            ("give Steve diamond 5", "Given [Diamond] * 5 to Steve"),
            ("give Alex diamond", "Player 'Alex' cannot be found"),
            ("give Steve diamnd", "There is no such item with name minecraft:diamnd"),
            ("data get storage flux:proof a", "Unknown command. Try /help for a list of commands"),
        ],
    );
    says(
        &mut world_of_plain(Flavour::Pumpkin, &[]),
        &[
            ("list", "There are no players online."),
            ("/list", "Command not found"),
            ("give Steve diamnd", "Item minecraft:diamnd does not exist."),
            ("give Steve diamond", "Invalid Syntax. Usage: /give <player> <item> [<count>]"),
        ],
    );
    let folia = "Unknown or incomplete command, see below for error\ndata get entity Steve Inventory<--[HERE]";
    says(&mut world_of_plain(Flavour::Folia, &["Steve"]), &[("data get entity Steve Inventory", folia)]);
    let shown = r#"Steve has the following entity data: [{Slot: 0b, id: "minecraft:diamond", Count: 5b}]"#;
    says(
        &mut world_of_plain(Flavour::V1_16, &["Steve"]),
        &[("give Steve diamond 5", "Gave 5 [Diamond] to Steve"), ("data get entity Steve Inventory", shown)],
    );
}

/// A world without plugins.
fn world_of_plain(flavour: Flavour, names: &[&str]) -> World {
    let mut world = world_with(names);
    world.set_up(20, Dialect { flavour, plugins: false });
    world
}
