//! The architecture invariants of `docs/explanation/architecture.md`, checked with the dependency graph and the sources.

use flux_tests::sources::{root, rust_files};
use std::collections::BTreeSet;
use std::process::Command;

/// Names of all crates that `cargo tree` finds below a package, without dev-dependencies.
fn tree(package: &str, more: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--package", package, "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(more)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names: BTreeSet<String> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect();
    assert!(names.contains(package), "{package} is in its own tree");
    names
}

/// Every Rust source of the workspace, with its path from the root.
fn sources() -> Vec<(String, String)> {
    let found = rust_files(&["agent/src", "companion/src", "crates", "testkit"]);
    assert!(found.len() > 100, "the sources are where they are looked for");
    found
}

/// Files outside `allowed` that contain one of `words` in code, not in comments.
fn violations(words: &[&str], allowed: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources() {
        if allowed.iter().any(|folder| path.starts_with(folder))
            || path.contains("/tests/")
            || path.ends_with("/tests.rs")
        {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if let Some(word) = words.iter().find(|word| code.contains(**word)) {
                found.push(format!("{path}:{}: {word}", number + 1));
            }
        }
    }
    found
}

#[test]
fn pure_crates_use_no_runtime_database_or_randomness() {
    let impure = ["tokio", "rusqlite", "hyper", "reqwest", "getrandom", "rand", "rustix", "tracing", "flux-platform"];
    let cores: [(&str, &[&str]); 6] = [
        ("flux-protocol", &[]),
        ("flux-delivery", &[]),
        ("flux-shop", &[]),
        ("flux-referral-rules", &[]),
        ("flux-signalr", &["--no-default-features"]),
        ("flux-rcon", &["--no-default-features"]),
    ];
    for (package, more) in cores {
        let names = tree(package, more);
        let found: Vec<_> = impure.iter().filter(|name| names.contains(**name)).collect();
        assert!(found.is_empty(), "{package} depends on {found:?}");
    }
}

#[test]
fn shop_types_have_no_wire_format() {
    let names = tree("flux-shop", &["--depth", "1"]);
    for other in ["serde", "utoipa", "clap"] {
        assert!(!names.contains(other), "flux-shop depends on {other}");
    }
}

#[test]
fn agent_and_companion_do_not_depend_on_each_other() {
    assert!(!tree("flux-agent", &[]).contains("flux-companion"));
    assert!(!tree("flux-companion", &[]).contains("flux-agent"));
    let ours: Vec<_> = tree("flux-signalr", &[]).into_iter().filter(|name| name.starts_with("flux-")).collect();
    assert_eq!(ours, ["flux-signalr"]);
}

#[test]
fn one_tls_provider_serves_the_whole_tree() {
    for package in ["flux-agent", "flux-companion", "flux-testkit"] {
        let names = tree(package, &[]);
        for other in ["aws-lc-rs", "openssl-sys", "native-tls", "boring"] {
            assert!(!names.contains(other), "{package} has {other}");
        }
    }
    assert!(tree("flux-agent", &[]).contains("ring"));
}

#[test]
fn sql_is_in_the_journal_and_the_storage_modules_only() {
    let words = ["SELECT ", "INSERT INTO", "UPDATE job", "DELETE FROM", "PRAGMA "];
    let modules = ["agent/src/journal/", "crates/storage/", "crates/referrals/src/storage/"];
    assert_eq!(violations(&words, &modules), Vec::<String>::new());
}

#[test]
fn rusqlite_is_used_in_two_modules_only() {
    let modules = ["agent/src/journal/", "crates/storage/src/sqlite/"];
    assert_eq!(violations(&["rusqlite"], &modules), Vec::<String>::new());
}

#[test]
fn reqwest_is_only_in_the_agents_upstream() {
    assert_eq!(violations(&["reqwest"], &["agent/src/upstream/"]), Vec::<String>::new());
}

#[test]
fn sockets_are_only_in_the_modules_that_use_the_network() {
    let words = ["TcpStream", "TcpListener", "TcpSocket", "UdpSocket", "UnixStream", "UnixListener", "UnixDatagram"];
    let modules = [
        "agent/src/upstream/",
        "agent/src/game/",
        "agent/src/control/",
        "agent/src/telemetry/", // serves metrics and health
        "companion/src/http/",
        "companion/src/agents/",
        "companion/src/server.rs",
        "crates/platform/", // notifies systemd
        "crates/terminal/", // writes to systemd's journal
        "crates/signalr/",
        "crates/rcon/",
        "testkit/",
    ];
    assert_eq!(violations(&words, &modules), Vec::<String>::new());
}

#[test]
fn no_lint_is_silenced_and_no_todo_is_left() {
    assert_eq!(violations(&["#[allow(", "#![allow(", "todo!(", "unimplemented!("], &[]), Vec::<String>::new());
    let marks: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| text.contains("TODO") || text.contains("FIXME"))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(marks, Vec::<String>::new());
}

#[test]
fn main_is_short() {
    for main in ["agent/src/main.rs", "companion/src/main.rs", "testkit/src/main.rs"] {
        let lines = std::fs::read_to_string(root().join(main)).unwrap().lines().count();
        assert!(lines < 60, "{main} has {lines} lines");
    }
}

/// `scripts/seeded-bugs.sh` applies these patches. A patch that no longer applies would test nothing.
#[test]
fn every_seeded_bug_applies_to_the_sources() {
    let root = root();
    let bugs = std::fs::read_dir(root.join("tests/seeded_bugs")).unwrap().map(|entry| entry.unwrap().path());
    let bugs: Vec<_> = bugs.filter(|path| path.extension().is_some_and(|ending| ending == "patch")).collect();
    assert!(!bugs.is_empty(), "{bugs:?}");
    for bug in bugs {
        let check = Command::new("git").args(["apply", "--check"]).arg(&bug).current_dir(&root).output().unwrap();
        assert!(check.status.success(), "{}: {}", bug.display(), String::from_utf8_lossy(&check.stderr));
    }
}

#[test]
fn every_contract_rule_has_a_numbered_test_on_each_side() {
    let sides: [(&str, &[&str], std::ops::RangeInclusive<u32>); 2] = [
        (
            "agent",
            &["agent", "crates/delivery/src/job", "crates/delivery/src/decision", "tests/tests/end_to_end"],
            1..=9,
        ),
        ("store", &["companion", "crates/delivery/src/command"], 1..=10),
    ];
    let files = rust_files(&["agent", "companion", "crates", "tests/tests/end_to_end"]);
    for (side, folders, rules) in sides {
        for rule in rules {
            // A test names its rule in its own name or in its doc comment.
            let names = [format!("fn rule_{rule}_"), format!("/// Rule {rule}.\n")];
            let is_kept = |(path, text): &(String, String)| {
                let names_the_rule = names.iter().any(|name| text.contains(name));
                folders.iter().any(|folder| path.starts_with(folder)) && names_the_rule
            };
            assert!(files.iter().any(is_kept), "no test of the {side} names rule {rule}");
        }
    }
}
