//! The command line of `flux-companion`: keys, servers, and the files for packages.

use flux_storage::Db;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program with a database in this folder.
pub(crate) struct Program {
    config: PathBuf,
    pub(crate) database: PathBuf,
}

impl Program {
    pub(crate) fn in_folder(folder: &Path) -> Program {
        let config = folder.join("companion.yml");
        std::fs::write(&config, "database: companion.db\n").expect("written");
        Program { config, database: folder.join("companion.db") }
    }

    /// The program without config and database.
    pub(crate) fn nowhere() -> Program {
        Program { config: "/nowhere.yml".into(), database: "/nowhere.db".into() }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flux-companion"));
        command.arg("--config").arg(&self.config).args(arguments).output().expect("it starts")
    }

    /// Runs a command that must succeed, and returns its output.
    pub(crate) fn print(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs a command that must fail with this code, and returns its error text.
    pub(crate) fn complain(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        said
    }
}

#[test]
fn keys_and_servers_are_added_listed_and_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::in_folder(folder.path());
    assert!(program.complain(1, &["check"]).contains("run `flux-companion init`"));
    let key = program.print(&["init"]);
    assert!(key.starts_with("flux_sk_") && key.lines().count() == 1, "the key alone: {key}");
    assert!(program.complain(73, &["init"]).contains("is there already"));
    program.print(&["key", "add", "shop", "--role", "store"]);
    assert!(program.complain(1, &["key", "add", "shop", "--role", "store"]).contains("of this name"));
    let keys: Value = serde_json::from_str(&program.print(&["key", "list", "--json"])).expect("JSON");
    assert_eq!((&keys[0]["name"], &keys[1]["role"]), (&Value::from("admin"), &Value::from("store")));
    program.print(&["key", "revoke", "shop"]);
    assert!(program.complain(1, &["key", "revoke", "shop"]).contains("no such key"));
    let token = program.print(&["server", "add", "Survival", "--address", "mc.example.com"]);
    let id = token.split('.').next().expect("an id").to_owned();
    assert!(program.print(&["server", "list"]).contains(&id));
    assert_ne!(program.print(&["server", "token", &id]), token);
    assert!(program.print(&["server", "remove", &id]).starts_with("removed; 0 commands"));
    assert!(program.complain(1, &["server", "remove", &id]).contains("no such server"));
    program.complain(64, &["server", "eat"]);
    program.print(&["check"]);
}

#[test]
fn packaging_files_are_printed_without_a_config() {
    let program = Program::nowhere();
    for shell in ["bash", "zsh", "fish"] {
        assert!(program.print(&["completions", shell]).contains("flux-companion"), "{shell}");
    }
    assert!(program.print(&["man"]).contains(".TH flux-companion"));
    let version: Value = serde_json::from_str(&program.print(&["version", "--json"])).expect("JSON");
    assert_eq!(version["protocolVersion"], 1);
}

#[test]
fn database_in_use_is_not_served_twice_or_replaced() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::in_folder(folder.path());
    program.print(&["init"]);
    let backup = folder.path().join("backup.db");
    let backup = backup.to_str().expect("a path");
    let served = runtime.block_on(async { Db::open(&program.database).expect("it opens") });
    program.print(&["backup", backup]);
    assert!(program.complain(73, &["backup", backup]).contains("is there already"));
    assert!(program.complain(1, &["serve"]).contains("stop it first"));
    assert!(program.complain(1, &["restore", backup]).contains("stop it first"));
    let (db, closed) = served;
    drop(db);
    runtime.block_on(async { closed.await.ok() });
    assert!(program.print(&["restore", backup]).starts_with("restored"));
    assert!(folder.path().join("companion.db.before-restore").exists());
    program.print(&["check"]);
    std::fs::write(backup, "nonsense ".repeat(1_000)).expect("written");
    program.complain(65, &["restore", backup]);
    program.print(&["check"]);
}
