//! The command line of `flux-companion`: keys, servers, and the files for packages.

use flux_platform::{Clock, SystemClock};
use flux_shop::LastPoll;
use flux_storage::{Db, servers};
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

/// Leaves what a serving companion leaves when a server's agent polls.
async fn agent_polled(program: &Program, id: &str) {
    let (db, closed) = Db::open(&program.database).expect("it opens");
    let id: flux_protocol::ServerId = id.parse().expect("an id");
    let write = move |tx: &flux_storage::Tx<'_>| {
        let mut server = servers::find(tx, &id)?.expect("a server");
        server.agent.last_poll = Some(LastPoll { at: SystemClock.now(), next_within_seconds: 300 });
        servers::update_agent(tx, &id, &server.agent)
    };
    db.write(write).await.expect("written");
    drop(db);
    closed.await.ok();
}

#[test]
fn server_with_a_connected_agent_is_removed_by_force_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::in_folder(folder.path());
    program.print(&["init"]);
    let token = program.print(&["server", "add", "Survival", "--address", "mc.example.com"]);
    let id = token.split('.').next().expect("an id").to_owned();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(agent_polled(&program, &id));
    let refused = program.complain(1, &["server", "remove", &id]);
    assert!(refused.contains("the agent of Survival is connected") && refused.contains("--force"), "{refused}");
    assert!(program.print(&["server", "list"]).contains(&id), "nothing has changed");
    assert!(program.print(&["server", "remove", &id, "--force"]).starts_with("removed"));
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
    assert!(program.print(&["key", "list"]).starts_with("ROLE"));
    assert_eq!(program.print(&["key", "revoke", "shop"]), "revoked shop\n");
    assert!(program.complain(1, &["key", "revoke", "shop"]).contains("no such key"));
    let token = program.print(&["server", "add", "Survival", "--address", "mc.example.com"]);
    let id = token.split('.').next().expect("an id").to_owned();
    let servers = program.print(&["server", "list"]);
    assert!(servers.starts_with("ID") && servers.contains(&id) && servers.contains("never"), "{servers}");
    assert_ne!(program.print(&["server", "token", &id]), token);
    assert!(program.print(&["server", "token", &id[..10]]).starts_with(&id), "the beginning of an id names it");
    let other = program.print(&["server", "add", "Creative", "--address", "mc.example.com"]);
    let other = other.split('.').next().expect("an id");
    assert!(program.complain(1, &["server", "token", "srv_"]).contains("begins more than one id"));
    program.print(&["server", "remove", other]);
    assert!(program.print(&["server", "remove", &id]).starts_with("removed; 0 commands"));
    assert!(program.complain(1, &["server", "remove", &id]).contains("no such server"));
    assert_eq!(program.print(&["server", "list"]), "no servers\n");
    program.complain(64, &["server", "eat"]);
    program.print(&["check"]);
    let last = program.run(&["key", "revoke", "admin"]);
    assert!(String::from_utf8_lossy(&last.stderr).contains("the last admin key"), "{last:?}");
    assert_eq!(program.print(&["key", "list"]), "no keys\n");
}

#[test]
fn packaging_files_are_printed_without_a_config() {
    let program = Program::nowhere();
    for shell in ["bash", "zsh", "fish"] {
        assert!(program.print(&["completions", shell]).contains("flux-companion"), "{shell}");
    }
    let page = program.print(&["man"]);
    assert!(page.contains(".TH flux-companion") && page.contains("flux-companion server add"), "{page}");
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
    assert!(program.complain(73, &["serve"]).contains("stop it first"));
    assert!(program.complain(73, &["restore", backup]).contains("stop it first"));
    let (db, closed) = served;
    drop(db);
    runtime.block_on(async { closed.await.ok() });
    let restored = program.print(&["restore", backup]);
    let kept = restored.split("is now ").nth(1).and_then(|rest| rest.lines().next()).expect("its name");
    assert!(kept.contains("companion.db.before-restore-") && Path::new(kept).exists(), "{restored}");
    program.print(&["check"]);
}

/// A restored backup takes nothing away: the database that was there stays, whatever is restored after it.
#[test]
fn second_restore_keeps_what_the_first_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::in_folder(folder.path());
    program.print(&["init"]);
    let backup = folder.path().join("backup.db");
    let restore = |label: &str| Db::restore(&program.database, &backup, label, |_| Ok(())).expect("restored");
    program.print(&["backup", backup.to_str().expect("a path")]);
    let first = restore("1").kept.expect("a name");
    let second = restore("2").kept.expect("a name");
    assert!(first != second && first.exists() && second.exists(), "{first:?} {second:?}");
    assert!(Db::restore(&program.database, &backup, "2", |_| Ok(())).is_err(), "nothing kept is overwritten");
}

#[test]
fn messages_of_backup_and_restore_speak_of_the_backup() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::in_folder(folder.path());
    program.print(&["init"]);
    let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    let copied = program.print(&["backup", &path("backup.db")]);
    assert!(copied.contains("complete copy") && copied.contains("MiB"), "{copied}");
    let taken = program.complain(73, &["backup", &path("backup.db")]);
    assert!(taken.contains("choose another name") && !taken.contains("init"), "{taken}");
    let missing = program.complain(1, &["restore", &path("nope.db")]);
    assert!(missing.contains("there is no backup at") && !missing.contains("init"), "{missing}");
    std::fs::write(path("junk.db"), "nonsense ".repeat(1_000)).expect("written");
    let damaged = program.complain(65, &["restore", &path("junk.db")]);
    assert!(damaged.contains("the backup is damaged") && damaged.contains("nothing was changed"), "{damaged}");
    program.print(&["check"]);
    std::fs::remove_file(&program.database).expect("removed");
    let lost = program.complain(1, &["check"]);
    assert!(lost.contains("is its disk mounted?") && lost.contains("restore FILE"), "{lost}");
}

/// Root restores at night; the companion's own user must be able to open the file in the morning.
#[test]
fn file_restored_by_root_belongs_to_the_companions_user() {
    use std::os::unix::fs::{MetadataExt, chown};
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::in_folder(folder.path());
    program.print(&["init"]);
    let backup = folder.path().join("backup.db");
    program.print(&["backup", backup.to_str().expect("a path")]);
    if chown(&program.database, Some(12_345), Some(12_345)).is_err() {
        eprintln!("only root can give a file away: not tested");
        return;
    }
    program.print(&["restore", backup.to_str().expect("a path")]);
    for name in ["companion.db", "companion.db.lock"] {
        assert_eq!(folder.path().join(name).metadata().expect("a file").uid(), 12_345, "{name}");
    }
}

/// A group that makes backups still reads the restored file; other users never do.
#[test]
fn restored_file_keeps_its_mode() {
    use std::fs::{Permissions, metadata, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::in_folder(folder.path());
    program.print(&["init"]);
    let backup = folder.path().join("backup.db");
    program.print(&["backup", backup.to_str().expect("a path")]);
    for (label, before, after) in [("1", 0o640, 0o640), ("2", 0o600, 0o600), ("3", 0o664, 0o660), ("4", 0o400, 0o600)] {
        set_permissions(&program.database, Permissions::from_mode(before)).expect("changed");
        Db::restore(&program.database, &backup, label, |_| Ok(())).expect("restored");
        let mode = metadata(&program.database).expect("a file").permissions().mode() & 0o777;
        assert_eq!(mode, after, "{before:o} became {mode:o}");
    }
}

#[test]
fn closed_pipe_is_no_error() {
    use std::process::Stdio;
    let mut command = Command::new(env!("CARGO_BIN_EXE_flux-companion"));
    let mut child = command.arg("openapi").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{output:?}");
}

#[test]
fn check_names_the_source_of_each_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::in_folder(folder.path());
    program.print(&["init"]);
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "0123456789abcdef0123456789abcdef \n").expect("written");
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("private");
    let config = "database: companion.db\nwebhook: {url: 'https://x', secret_file: ./secret}\n";
    std::fs::write(folder.path().join("companion.yml"), config).expect("written");
    let text = program.print(&["check"]);
    assert!(text.contains("warn   webhook.secret from the file") && text.contains("ends with a blank"), "{text}");
}

#[test]
fn database_that_others_can_open_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::in_folder(folder.path());
    program.print(&["init"]);
    let allow = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
    };
    for mode in [0o604, 0o644, 0o602, 0o666] {
        allow(&program.database, mode);
        for command in ["check", "serve"] {
            let refused = program.complain(77, &[command]);
            assert!(refused.contains(&format!("mode {mode:04o}): run chmod o-rwx")), "{command}: {refused}");
        }
    }
    for mode in [0o640, 0o660, 0o600] {
        allow(&program.database, mode);
        program.print(&["check"]);
    }
    // SQLite removes the log when the last connection is closed.
    let _other = Db::open_in_place(&program.database).expect("it opens");
    program.print(&["key", "add", "shop", "--role", "store"]);
    allow(&folder.path().join("companion.db-wal"), 0o644);
    assert!(program.complain(77, &["check"]).contains("companion.db-wal has customers' names"));
}

#[test]
fn config_that_others_may_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::in_folder(folder.path());
    program.print(&["init"]);
    std::fs::set_permissions(&program.config, std::fs::Permissions::from_mode(0o646)).expect("set");
    for command in ["check", "serve"] {
        let refused = program.complain(78, &[command]);
        let words = format!("can be written by everyone (mode 0646); run: chmod o-w {}", program.config.display());
        assert!(refused.contains(&words), "{command}: {refused}");
    }
}

#[test]
fn corrections_say_what_is_missing_and_count_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::in_folder(folder.path());
    program.print(&["init"]);
    let counted = program.print(&["command", "retry", "--package", "vip", "--as", "now"]);
    assert_eq!(counted, "0 commands match, 0 of them cannot run again; add --expect 0 to retry the others\n");
    assert!(
        program.complain(1, &["command", "retry", "--package", "vip", "--expect", "3"]).contains("0 commands match")
    );
    assert_eq!(
        program.print(&["command", "retry", "--reason", "uncertain", "--includes-uncertain", "--expect", "0"]),
        "0 commands run again, 0 cannot\n"
    );
    program.complain(64, &["command", "retry"]);
    program.complain(64, &["command", "retry", "--reason", "odd"]);
    assert!(program.complain(1, &["command", "retry", "cmd_1"]).contains("no such command"));
    assert!(program.complain(1, &["command", "settle", "cmd_1", "not-given"]).contains("no such command"));
    assert!(program.complain(1, &["order", "player", "o1", "Stevie"]).contains("no such order"));
}
