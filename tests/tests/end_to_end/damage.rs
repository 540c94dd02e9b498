//! The damage matrix: starts with damaged, lost or unwritable journals and databases, in today's schema and in every earlier one. A damaged file is refused
//! with an error and left unchanged; a lost file is noticed, and nothing runs twice.

use crate::test_env::TestEnv;
use flux_testkit::testbed::{Programs, Who};
use serde_json::json;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const PAGE_BYTES: usize = 4096;
/// sysexits: the data is wrong.
const DATA: Option<i32> = Some(65);

/// A file in every damaged form that a program must refuse: the kind of damage, the bytes, and a word of the error. `other` is
/// the file of our other program.
fn damages(whole: &[u8], other: &[u8]) -> Vec<(String, Vec<u8>, &'static str)> {
    let flipped = |at: usize| {
        let mut bytes = whole.to_vec();
        bytes[at] ^= 0x40;
        bytes
    };
    let mut newer = whole.to_vec();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    let mut damages = vec![
        ("cut in the middle".to_owned(), whole[..whole.len() / PAGE_BYTES / 2 * PAGE_BYTES].to_vec(), "damaged"),
        ("cut within a page".to_owned(), whole[..whole.len() - PAGE_BYTES * 3 / 2].to_vec(), "damaged"),
        ("its name flipped".to_owned(), flipped(3), "damaged"),
        ("a text".to_owned(), b"homes:\n  steve: [1, 2, 3]\n".repeat(300), "damaged"),
        ("another program's".to_owned(), another_programs(), "another program's"),
        ("our other program's".to_owned(), other.to_vec(), "another program's"),
        ("a newer version's".to_owned(), newer, "newer"),
    ];
    // The first byte of a page of a table or an index is its type.
    let pages = (0..whole.len() / PAGE_BYTES).map(|page| if page == 0 { 100 } else { page * PAGE_BYTES });
    let pages = pages.filter(|at| [2, 5, 10, 13].contains(&whole[*at]));
    damages.extend(pages.map(|at| (format!("byte {at} flipped"), flipped(at), "damaged")));
    damages
}

fn another_programs() -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("homes.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE homes (player TEXT, x INTEGER)").unwrap();
    std::fs::read(path).unwrap()
}

/// Files of every version: journal, database, and the matching token.
async fn versions() -> Vec<(PathBuf, PathBuf, String, Option<TempDir>)> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("system/fixtures");
    let folders = std::fs::read_dir(fixtures).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap().trim_end().to_owned();
    let earlier = folders.map(|it| (it.join("journal.db"), it.join("companion.db"), read(it.join("token")), None));
    let mut versions: Vec<_> = earlier.collect();
    let mut env = TestEnv::start(&["Steve"]).await;
    env.pay("order-1", "Steve", "diamonds", 1).await;
    env.delivered("order-1").await;
    env.testbed.stop(Who::Agent).await.unwrap();
    env.testbed.stop(Who::Companion).await.unwrap();
    let folder = TempDir::new().unwrap();
    let copy = |from: &str, to: &str| {
        let to = folder.path().join(to);
        std::fs::copy(env.testbed.folder().join(from), &to).unwrap();
        to
    };
    versions.push((
        copy("state/journal.db", "journal.db"),
        copy("companion.db", "companion.db"),
        env.token.clone(),
        Some(folder),
    ));
    versions
}

/// Seconds after which a program counts as hanging; a refusal never takes this long.
const RUN_LIMIT_SECONDS: &str = "300";

/// Runs a program and returns its exit code and its output. A hanging program is killed and has no code.
fn run(program: &Path, config: &Path, words: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new("timeout");
    command.args(["--signal=KILL", RUN_LIMIT_SECONDS]).arg(program).arg("--config").arg(config).args(words);
    let output = command.output().unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout),
    )
}

fn private(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn damaged_journal_is_reported_and_left_unchanged() {
    let agent = Programs::beside_this().unwrap().agent;
    let mut cells = 0;
    for (journal, database, token, _folder) in versions().await {
        let other = std::fs::read(&database).unwrap();
        for (what, bytes, word) in damages(&std::fs::read(&journal).unwrap(), &other) {
            let folder = TempDir::new().unwrap();
            let file = |name: &str| folder.path().join(name);
            private(&file("token"), &token);
            private(&file("password"), "a-password");
            let config = "store: {url: 'http://127.0.0.1:9', token_file: ./token}\nrcon: {address: '127.0.0.1:9', password_file: ./password}\n\
                          state_dir: ./state\nruntime_dir: ./run\n";
            private(&file("config.yml"), config);
            std::fs::create_dir(file("state")).unwrap();
            std::fs::write(file("state/journal.db"), &bytes).unwrap();
            for words in [&["run"][..], &["check", "--online"]] {
                let (code, output) = run(&agent, &file("config.yml"), words);
                assert!(
                    code == DATA && output.contains(word),
                    "{}: {what}: {words:?} {code:?} {output}",
                    journal.display()
                );
                assert!(
                    output.contains("journal.db") && output.contains("Nothing was changed"),
                    "{what}: {words:?} {output}"
                );
                let after = std::fs::read(file("state/journal.db")).unwrap();
                assert!(after == bytes, "{}: {what}: the file was changed", journal.display());
                cells += 1;
            }
        }
    }
    println!("{cells} cells");
}

#[tokio::test]
async fn damaged_database_is_reported_and_left_unchanged() {
    let companion = Programs::beside_this().unwrap().companion;
    let mut cells = 0;
    for (journal, database, _, _folder) in versions().await {
        let other = std::fs::read(&journal).unwrap();
        let mut damages = damages(&std::fs::read(&database).unwrap(), &other);
        damages.push(("empty".to_owned(), Vec::new(), "empty"));
        for (what, bytes, word) in damages {
            let folder = TempDir::new().unwrap();
            let file = |name: &str| folder.path().join(name);
            private(&file("companion.yml"), "listen: 127.0.0.1:0\ndatabase: ./companion.db\n");
            std::fs::write(file("companion.db"), &bytes).unwrap();
            allow(&file("companion.db"), 0o600);
            // A damaged page shows when it is read; a start does not check the whole file.
            let next: &[&str] = if what.starts_with("byte") { &["check"] } else { &["check", "serve"] };
            for command in next {
                let (code, output) = run(&companion, &file("companion.yml"), &[command]);
                assert!(code == DATA && output.contains(word), "{}: {what}: {code:?} {output}", database.display());
                let after = std::fs::read(file("companion.db")).unwrap();
                assert!(after == bytes, "{}: {what}: the file was changed", database.display());
                cells += 1;
            }
        }
    }
    println!("{cells} cells");
}

/// sysexits: not permitted, cannot create.
const RIGHTS: [Option<i32>; 2] = [Some(77), Some(73)];
/// A user without any permissions.
const NOBODY: &str = "65534";

/// Runs a program without root's permissions: as `nobody` if the tests run as root, for whom no file is protected.
fn run_as_nobody(program: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(if am_root() { "setpriv" } else { "env" });
    if am_root() {
        command.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups"]);
    }
    let output =
        command.args(["timeout", "--signal=KILL", RUN_LIMIT_SECONDS]).arg(program).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A folder owned by `nobody` with the files of both programs and copies of the programs: `nobody` may not be able to read the target folder.
fn belongings(journal: &Path, database: &Path, token: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let file = |name: &str| folder.path().join(name);
    let programs = Programs::beside_this().unwrap();
    std::fs::copy(programs.agent, file("flux-agent")).unwrap();
    std::fs::copy(programs.companion, file("flux-companion")).unwrap();
    std::fs::create_dir(file("state")).unwrap();
    std::fs::copy(journal, file("state/journal.db")).unwrap();
    std::fs::copy(database, file("companion.db")).unwrap();
    private(&file("token"), token);
    private(&file("password"), "a-password");
    let config = "store: {url: 'http://127.0.0.1:9', token_file: ./token}\nrcon: {address: '127.0.0.1:9', password_file: ./password}\n\
                  state_dir: ./state\nruntime_dir: ./run\n";
    private(&file("config.yml"), config);
    private(&file("companion.yml"), "listen: 127.0.0.1:0\ndatabase: ./companion.db\n");
    if am_root() {
        assert!(Command::new("chown").args(["-R", NOBODY]).arg(folder.path()).status().unwrap().success());
    }
    folder
}

fn am_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

fn allow(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn unwritable_file_is_refused_with_a_reason_and_left_unchanged() {
    let (journal, database, token, _folder) = versions().await.pop().unwrap();
    let by = "The agent's user must own the file";
    for (what, spoil, program, arguments, word) in [
        ("a read-only journal", "state/journal.db", "flux-agent", ["--config", "config.yml", "run"], by),
        (
            "a read-only folder of the journal",
            "state",
            "flux-agent",
            ["--config", "config.yml", "run"],
            "agent's user as owner",
        ),
        (
            "a read-only database",
            "companion.db",
            "flux-companion",
            ["--config", "companion.yml", "serve"],
            "the rights to it",
        ),
        (
            "a read-only folder of the database",
            ".",
            "flux-companion",
            ["--config", "companion.yml", "serve"],
            "the rights to it",
        ),
    ] {
        for is_anothers in [false, true] {
            let folder = belongings(&journal, &database, &token);
            let file = folder.path().join(spoil);
            if is_anothers && (!am_root() || file.is_dir()) {
                continue;
            }
            if is_anothers {
                assert!(Command::new("chown").arg("0").arg(&file).status().unwrap().success());
            }
            allow(
                &file,
                match (file.is_dir(), is_anothers) {
                    (true, _) => 0o555,
                    (false, false) => 0o400,
                    (false, true) => 0o600,
                },
            );
            let config = folder.path().join(arguments[1]);
            let arguments = [arguments[0], config.to_str().unwrap(), arguments[2]];
            let (code, output) = run_as_nobody(&folder.path().join(program), &arguments);
            allow(&file, 0o755);
            assert!(RIGHTS.contains(&code) && output.contains(word), "{what} {is_anothers}: {code:?} {output}");
            let kept = [("state/journal.db", &journal), ("companion.db", &database)];
            assert!(
                kept.iter()
                    .all(|(name, whole)| std::fs::read(folder.path().join(name)).unwrap()
                        == std::fs::read(whole).unwrap()),
                "{what}"
            );
        }
    }
}

/// Sets the store's database back to an earlier moment without notice. The storefront then sends its orders again, as it may at any time.
async fn set_back_database(lose: impl Fn(&Path)) {
    let mut env = TestEnv::start(&["Steve"]).await;
    env.package("say", json!({"command": "say {order}"})).await;
    // A start empties the log into the database file.
    env.restart(Who::Companion).await;
    env.online().await;
    for order in ["before", "after"] {
        env.pay(order, "Steve", "say", 1).await;
        env.delivered(order).await;
    }
    env.pay("waits", "Alex", "say", 1).await;
    env.delivery_is("waits", "awaiting_player").await;
    env.testbed.kill(Who::Companion).await.unwrap();
    lose(&env.testbed.folder().join("companion.db-wal"));
    env.testbed.start(Who::Companion).await.unwrap();
    for (order, player) in [("before", "Steve"), ("after", "Steve"), ("waits", "Alex"), ("new", "Steve")] {
        env.pay(order, player, "say", 1).await;
    }
    env.testbed.game("join Alex").await.unwrap();
    for order in ["before", "after", "waits", "new"] {
        env.delivered(order).await;
    }
    let runs = env.runs().await;
    let ran = ["before", "after", "waits", "new"].map(|order| runs.get(&format!("say {order}")).copied());
    assert_eq!(ran, [Some(1); 4], "{}", env.log("agent.log"));
}

#[tokio::test]
async fn a_database_that_lost_its_log_runs_nothing_twice() {
    set_back_database(|log| std::fs::remove_file(log).unwrap()).await;
}

#[tokio::test]
async fn a_database_whose_log_was_cut_runs_nothing_twice() {
    for eighths in [1, 3, 5, 7] {
        set_back_database(|log| {
            let length = std::fs::metadata(log).unwrap().len();
            std::fs::OpenOptions::new().write(true).open(log).unwrap().set_len(length * eighths / 8).unwrap();
        })
        .await;
    }
}

/// Removes a part of the agent's state; the store then shows the waiting command as uncertain, and an admin retries it.
async fn lose_state(lose: impl Fn(&Path)) {
    let mut env = TestEnv::start(&["Steve"]).await;
    env.package("say", json!({"command": "say {order}"})).await;
    env.pay("done", "Steve", "say", 1).await;
    env.pay("waits", "Alex", "say", 1).await;
    env.delivered("done").await;
    env.delivery_is("waits", "awaiting_player").await;
    env.testbed.kill(Who::Agent).await.unwrap();
    lose(&env.testbed.folder().join("state"));
    env.testbed.start(Who::Agent).await.unwrap();
    // The store marks the command as offered to another journal, which may have run it: an admin must decide.
    let held = env.command_is("waits", "failed").await;
    assert_eq!(held["reason"], "uncertain", "{held}");
    env.testbed.game("join Alex").await.unwrap();
    env.pay("new", "Steve", "say", 1).await;
    env.delivered("new").await;
    let id = held["id"].as_str().unwrap();
    env.api.post(&format!("/api/v1/commands/{id}/retry"), json!({})).await.unwrap();
    env.delivered("waits").await;
    let runs = env.runs().await;
    let ran = ["done", "waits", "new"].map(|order| runs.get(&format!("say {order}")).copied());
    assert_eq!(ran, [Some(1); 3], "{}", env.log("agent.log"));
}

#[tokio::test]
async fn a_journal_that_lost_its_log_loses_and_repeats_nothing() {
    lose_state(|state| std::fs::remove_file(state.join("journal.db-wal")).unwrap()).await;
}

#[tokio::test]
async fn an_emptied_journal_loses_and_repeats_nothing() {
    lose_state(|state| {
        std::fs::write(state.join("journal.db"), "").unwrap();
        std::fs::remove_file(state.join("journal.db-wal")).unwrap();
    })
    .await;
}

/// The guide to move an agent: stop it, copy its state, start it there.
#[tokio::test]
async fn journal_that_moves_with_its_agent_keeps_what_waits() {
    let mut env = TestEnv::start(&[]).await;
    env.pay("waits", "Alex", "diamonds", 1).await;
    env.delivery_is("waits", "awaiting_player").await;
    env.testbed.stop(Who::Agent).await.unwrap();
    let (state, old) = (env.testbed.folder().join("state"), env.testbed.folder().join("old"));
    std::fs::rename(&state, &old).unwrap();
    std::fs::create_dir(&state).unwrap();
    for file in std::fs::read_dir(&old).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), state.join(file.file_name())).unwrap();
    }
    env.testbed.start(Who::Agent).await.unwrap();
    env.online().await;
    assert_eq!(env.command("waits").await["status"], "awaiting_player");
    env.testbed.game("join Alex").await.unwrap();
    env.delivered("waits").await;
    assert_eq!(env.runs().await["give Alex diamond 1"], 1);
}

#[tokio::test]
async fn rule_9_moved_journal_loses_and_repeats_nothing() {
    lose_state(|state| std::fs::rename(state, state.with_extension("away")).unwrap()).await;
}

#[tokio::test]
async fn program_whose_file_is_replaced_or_removed_ends_and_says_why() {
    let mut env = TestEnv::start(&["Steve"]).await;
    env.online().await;
    let folder = env.testbed.folder().to_owned();
    let file = |name: &str| folder.join(name);
    let (journal, database) = (file("state/journal.db"), file("companion.db"));
    std::fs::copy(&journal, file("state/next")).unwrap();
    std::fs::rename(file("state/next"), &journal).unwrap();
    std::fs::rename(&database, file("away.db")).unwrap();
    for (who, log, word) in [
        (Who::Agent, "agent.log", "was replaced while it was open"),
        (Who::Companion, "companion.log", "was removed while it was open"),
    ] {
        let ended = env.testbed.program(who).ended().await.unwrap();
        assert_eq!(ended.code(), Some(1), "{log}: {}", env.log(log));
        assert!(env.log(log).contains(word), "{log}: {}", env.log(log));
    }
    std::fs::rename(file("away.db"), &database).unwrap();
}
