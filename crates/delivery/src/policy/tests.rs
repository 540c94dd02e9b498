//! Tests of the policy.

use super::*;

fn policy(allow: &[&str], deny: &[&str]) -> Policy {
    let globs = |texts: &[&str]| texts.iter().map(|text| Glob::new(text).unwrap()).collect();
    Policy { mode: Mode::Default, allow: globs(allow), deny: globs(deny) }
}

fn allows(policy: &Policy, line: &str) -> bool {
    policy.judge(&CommandLine::new(line).unwrap()) == Ruling::Allowed
}

#[test]
fn patterns_are_normalized_and_useless_ones_refused() {
    for (pattern, line) in [
        ("OP", "op Steve"),
        ("/stop", "stop"),
        ("lp user * parent add *", "lp user x Parent add admin"),
        ("lp user * parent add *", "lp user x \"parent\" add admin"),
        ("lp  user * parent add *", "LP user x parent   add admin"),
        ("stop", "\u{17f}top"),
        ("kick", "\u{212a}ic\u{212a} Steve"),
    ] {
        assert!(!allows(&policy(&[], &[pattern]), line), "{pattern}: {line}");
    }
    assert!(!allows(&policy(&["give *"], &[]), "gives Steve diamond"));
    assert!(!allows(&policy(&["lp user * parent add vip"], &[]), "lp user x parent add VIP"), "allow compares case");
    let long = "a".repeat(2_801);
    for wrong in ["", " ", "/", "minecraft:ban", "minecraft:*", &long] {
        assert!(Glob::new(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn denied_command_is_denied_in_every_spelling() {
    let policy = policy(&[], &["op", "ban*", "save-*"]);
    for line in [
        "op Steve",
        "OP Steve",
        "/op Steve",
        "//op Steve",
        "minecraft:op Steve",
        "Bukkit:Op Steve",
        "a:b:op Steve",
        "ban Steve",
        "ban-ip 1.2.3.4",
        "save-off",
        "execute as @a run op Steve",
        "execute as @a run  /minecraft:OP Steve",
        "execute run execute run op x",
        "return run op x",
        "op",
    ] {
        assert!(!allows(&policy, line), "{line}");
    }
}

#[test]
fn similar_commands_are_not_denied() {
    let policy = policy(&[], &["op", "ban*"]);
    for line in ["opinion Steve", "give op diamond", "say op Steve", "unban Steve", "say running op"] {
        assert!(allows(&policy, line), "{line}");
    }
}

#[test]
fn allow_blocks_everything_else_and_deny_wins() {
    let policy = policy(&["give *", "execute *"], &["give * netherite*"]);
    assert!(allows(&policy, "give Steve diamond 1"));
    assert!(allows(&policy, "execute as Steve run give Steve diamond"));
    for line in ["give Steve netherite_ingot", "lp user Steve", "execute as Steve run lp user Steve", "giveall x"] {
        assert!(!allows(&policy, line), "{line}");
    }
}

#[test]
fn ruling_names_its_rule() {
    let ruling = policy(&[], &["op"]).judge(&CommandLine::new("execute as x run minecraft:op Steve").unwrap());
    assert_eq!(ruling.to_string(), "denied by policy.deny `op`: op Steve");
    assert!(Glob::new(" ").is_err());
}
