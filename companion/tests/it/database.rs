//! The database file: durability, shared commits, damaged and newer files.

use crate::test_app::{TestApp, only_command, report, text};
use flux_storage::{Db, Tx, params};
use futures_util::future::join_all;
use serde_json::json;
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Barrier};
use std::time::Duration;
use tokio::sync::Notify;

fn made(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("companion.db");
    Db::create(&path).expect("a new database");
    path
}

async fn count(db: &Db) -> i64 {
    db.read(|tx| tx.only("SELECT count(*) AS n FROM api_keys", params![], |row| row.get::<i64>("n")))
        .await
        .expect("a count")
}

fn insert(name: usize) -> impl Fn(&Tx<'_>) -> Result<(), flux_storage::Error> + Send + 'static {
    move |tx| {
        let name = format!("key {name}");
        tx.execute("INSERT INTO api_keys VALUES ($1, $2, 'store', 0)", params![name, name.as_bytes()])?;
        Ok(())
    }
}

/// Writes a file that only its owner can read.
fn private(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, bytes).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("set");
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_writes_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = made(folder.path());
    let (db, closed) = Db::open(&path).expect("it opens");
    let app = TestApp::on(db).await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    let id = only_command(&app.paid("o1").await);
    app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&id, 1, "awaiting_player", Some("player_dead"))])).await;
    let before = (app.get("/orders/o1").await, app.get("/events").await);
    drop(app);
    closed.await.ok();

    let app = {
        let (db, _) = Db::open(&path).expect("it opens again");
        let (router, state) = flux_companion::router(
            crate::test_app::config(""),
            db,
            Arc::new(flux_platform::SystemClock),
            Arc::new(flux_platform::SystemEntropy),
        );
        // These keys are equal to the stored ones, since the random numbers repeat.
        let fresh = TestApp::new().await;
        TestApp { router, state, clock: fresh.clock.clone(), admin: fresh.admin.clone(), store: fresh.store.clone() }
    };
    assert_eq!((app.get("/orders/o1").await, app.get("/events").await), before);
    assert_eq!(text(&app.command(&id).await, "reason"), "player_dead");
}

#[tokio::test]
async fn cut_log_keeps_every_commit_before_the_cut() {
    const HEADER_BYTES: usize = 32;
    const FRAME_BYTES: usize = 24 + 4096;
    const KEYS: usize = 12;
    let folder = tempfile::tempdir().expect("a folder");
    let path = made(folder.path());
    let db = Db::open_in_place(&path).expect("it opens");
    for name in 0..KEYS {
        db.write(insert(name)).await.expect("a write");
    }
    let read = |name: &str| std::fs::read(folder.path().join(name)).expect("a file");
    let (file, log) = (read("companion.db"), read("companion.db-wal"));
    let known = async |log_bytes: usize| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("companion.db");
        private(&path, &file);
        private(&folder.path().join("companion.db-wal"), &log[..log_bytes]);
        Db::check(&path).expect("a whole file");
        count(&Db::open_in_place(&path).expect("it opens")).await as usize
    };
    let (frames, mut last) = ((log.len() - HEADER_BYTES) / FRAME_BYTES, 0);
    for frame in 0..=frames {
        let at = HEADER_BYTES + frame * FRAME_BYTES;
        let whole = known(at).await;
        assert!((last..=last + 1).contains(&whole), "frame {frame}: {whole} after {last}");
        assert_eq!(known((at + FRAME_BYTES / 2).min(log.len())).await, whole, "within frame {frame}");
        last = whole;
    }
    assert_eq!(last, KEYS);
    println!("{} cells", 2 * (frames + 1));
}

#[tokio::test]
async fn queued_writes_share_one_commit() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = made(folder.path());
    let (db, _) = Db::open(&path).expect("it opens");
    // Holds the writer while the other writes queue up.
    let began = Arc::new(Notify::new());
    let gate = Arc::new(Barrier::new(2));
    let held = {
        let (db, gate, began) = (db.clone(), Arc::clone(&gate), Arc::clone(&began));
        let work = move |_: &Tx<'_>| {
            began.notify_one();
            gate.wait();
            Ok::<_, flux_storage::Error>(())
        };
        tokio::spawn(async move { db.write(work).await })
    };
    began.notified().await;
    let writes = (0..20).map(|name| {
        let path = path.clone();
        let work = insert(name);
        db.write(move |tx| {
            work(tx)?;
            // Another connection sees nothing before the commit.
            let other = rusqlite::Connection::open(&path)?;
            Ok::<i64, flux_storage::Error>(other.query_row("SELECT count(*) FROM api_keys", [], |row| row.get(0))?)
        })
    });
    let mut writes = pin!(join_all(writes));
    let queued = tokio::time::timeout(Duration::ZERO, writes.as_mut()).await;
    assert!(queued.is_err(), "no answer while the writer is held");
    gate.wait();
    let seen: Vec<i64> = writes.await.into_iter().map(|seen| seen.expect("a write")).collect();
    assert_eq!(seen, [0; 20], "none was committed before the last had run");
    assert_eq!(count(&db).await, 20, "all were before they were answered");
    held.await.expect("no panic").expect("a write");
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_or_panicking_write_affects_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let (db, _) = Db::open(&made(folder.path())).expect("it opens");
    let failing = db.write(|tx| {
        insert(1)(tx)?;
        Err::<(), _>(flux_storage::Error::Busy)
    });
    let panicking = db.write(|tx| -> Result<(), flux_storage::Error> {
        insert(2)(tx)?;
        panic!("on purpose")
    });
    let (failed, good, panicked) = tokio::join!(failing, db.write(insert(3)), panicking);
    assert!(matches!(failed, Err(flux_storage::Error::Busy)) && matches!(panicked, Err(flux_storage::Error::Closed)));
    good.expect("the good write is kept");
    assert_eq!(count(&db).await, 1);
    db.write(insert(4)).await.expect("the writer lives");
}

#[test]
fn missing_damaged_and_newer_files_have_own_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("companion.db");
    assert!(matches!(Db::open_in_place(&path), Err(flux_storage::Error::Missing(_))));
    std::fs::write(&path, "this is no database, however long it may be".repeat(100)).expect("written");
    assert!(matches!(Db::open_in_place(&path), Err(flux_storage::Error::Damaged(_))));
    assert!(matches!(Db::create(&path), Err(flux_storage::Error::Exists(_))));
    std::fs::remove_file(&path).expect("removed");
    made(folder.path());
    Db::check(&path).expect("whole");
    let connection = rusqlite::Connection::open(&path).expect("it opens");
    connection.pragma_update(None, "user_version", 1_000).expect("written");
    assert!(matches!(Db::open_in_place(&path), Err(flux_storage::Error::Newer { found: 1_000, .. })));
}

/// A write to a file without a name would be lost at the next start.
#[tokio::test(flavor = "multi_thread")]
async fn file_that_is_replaced_or_removed_takes_no_write() {
    for (change, word) in [(replace as fn(&Path), "was replaced while"), (remove, "was removed while")] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = made(folder.path());
        let (db, closed) = Db::open(&path).expect("it opens");
        db.write(insert(1)).await.expect("written");
        change(&path);
        let error = db.write(insert(2)).await.expect_err("refused");
        assert!(
            matches!(error, flux_storage::Error::FileChanged { .. }) && error.to_string().contains(word),
            "{error}"
        );
        assert!(db.file_changed().await.to_string().contains(word), "also without a write");
        drop(db);
        closed.await.ok();
    }
}

fn replace(path: &Path) {
    let next = path.with_extension("next");
    std::fs::copy(path, &next).expect("copied");
    std::fs::rename(&next, path).expect("renamed");
}

fn remove(path: &Path) {
    std::fs::remove_file(path).expect("removed");
}
