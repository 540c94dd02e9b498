//! The journal file: its lock and its server, damaged and foreign files, and the query plans of each step.

use super::*;
use std::os::unix::fs::PermissionsExt;

#[test]
fn one_journal_serves_one_daemon_and_one_server() {
    let directory = TempDir::new().unwrap();
    let journal = open(directory.path());
    let second = Journal::open(directory.path(), &server(), &SystemEntropy, NOW).unwrap_err();
    assert!(matches!(&second, JournalError::InUse { pid, .. } if *pid == std::process::id().to_string()), "{second}");
    drop(journal);
    let other = Journal::open(directory.path(), &"srv_other0000000".parse().unwrap(), &SystemEntropy, NOW).unwrap_err();
    assert!(matches!(other, JournalError::OtherServer { .. }), "{other}");
}

#[test]
fn journal_and_its_directory_are_for_its_user_alone() {
    let directory = TempDir::new().unwrap();
    let state = directory.path().join("flux/state");
    let _journal = open(&state);
    let mut names = vec![state.clone()];
    names.extend(std::fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().path()));
    assert!(names.len() >= 3, "the directory, the journal and its lock: {names:?}");
    for name in names {
        let mode = std::fs::metadata(&name).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", name.display());
    }
}

#[test]
fn damaged_or_newer_journal_is_not_replaced() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("journal.db");
    std::fs::write(&path, b"this is no database, and long enough to be looked at as one").unwrap();
    let damaged = Journal::open(directory.path(), &server(), &SystemEntropy, NOW).unwrap_err();
    assert!(matches!(damaged, JournalError::Damaged { .. }), "{damaged}");
    assert!(std::fs::read(&path).unwrap().starts_with(b"this is no database"));
    std::fs::remove_file(&path).unwrap();
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let newer = Journal::open(directory.path(), &server(), &SystemEntropy, NOW).unwrap_err();
    assert!(matches!(newer, JournalError::Newer { found: 99, .. }), "{newer}");
}

#[test]
fn database_of_another_program_is_refused() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("journal.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE homes (x)").unwrap();
    let before = std::fs::read(&path).unwrap();
    let foreign = Journal::open(directory.path(), &server(), &SystemEntropy, NOW).unwrap_err();
    assert!(matches!(foreign, JournalError::Damaged { .. }), "{foreign}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn cut_log_keeps_every_commit_before_the_cut() {
    const HEADER_BYTES: usize = 32;
    const FRAME_BYTES: usize = 24 + 4096;
    const JOBS: u64 = 12;
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    for number in 0..JOBS {
        journal.deliver(&[command(number, "Steve")], NOW).unwrap();
    }
    let file = std::fs::read(directory.path().join("journal.db")).unwrap();
    let log = std::fs::read(directory.path().join("journal.db-wal")).unwrap();
    let frames = (log.len() - HEADER_BYTES) / FRAME_BYTES;
    assert!(frames > 40, "{frames}");
    let known = |log_bytes: usize| {
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join("journal.db"), &file).unwrap();
        std::fs::write(directory.path().join("journal.db-wal"), &log[..log_bytes]).unwrap();
        let journal = open(directory.path());
        let jobs: Vec<bool> = (0..JOBS).map(|number| journal.job(&id(number)).unwrap().is_some()).collect();
        assert!(jobs.is_sorted_by(|before, after| before >= after), "the first ones: {jobs:?}");
        jobs.into_iter().filter(|is_known| *is_known).count()
    };
    let mut last = 0;
    for frame in 0..=frames {
        let at = HEADER_BYTES + frame * FRAME_BYTES;
        let whole = known(at);
        assert!(whole >= last, "frame {frame}");
        assert_eq!(known((at + FRAME_BYTES / 2).min(log.len())), whole, "within frame {frame}");
        last = whole;
    }
    assert_eq!(last, JOBS as usize);
    println!("{} cells", 2 * (frames + 1));
}

#[test]
fn each_step_uses_an_index() {
    let directory = TempDir::new().unwrap();
    let journal = open(directory.path());
    for sql in [
        "SELECT id FROM job WHERE ready = 1 AND startup_hold = 0 AND NOT EXISTS (SELECT 1 FROM job AS older INDEXED BY job_startup_hold_by_player
         WHERE older.startup_hold = 1 AND older.player_key IS job.player_key AND older.sequence < job.sequence) ORDER BY sequence LIMIT 1",
        "SELECT wake_at FROM job WHERE ready = 0 AND wake_at IS NOT NULL ORDER BY wake_at LIMIT 1",
        "SELECT id FROM job WHERE is_open = 1 AND state = 'uncertain' ORDER BY sequence LIMIT 1",
        "SELECT id FROM job WHERE expires_at IS NOT NULL AND state IN ('queued', 'awaiting_player') AND expires_at <= 5 ORDER BY expires_at LIMIT 1",
        "SELECT id FROM job WHERE acked_key IS NOT report_key ORDER BY changed_at LIMIT 1",
        "SELECT EXISTS (SELECT 1 FROM job WHERE state = 'awaiting_player')",
        "SELECT EXISTS (SELECT 1 FROM job WHERE acked_key IS NOT report_key)",
        "SELECT min(received_at) FROM job WHERE is_open = 1",
        "SELECT id FROM job WHERE received_at > 5 AND is_open = 1",
        "SELECT id FROM job WHERE is_open = 0 AND (command IS NOT NULL) = 1 AND changed_at < 5 AND acked_key IS report_key ORDER BY changed_at LIMIT 1",
        "SELECT id FROM job WHERE is_open = 0 AND (command IS NOT NULL) = 0 AND changed_at < 5 AND acked_key IS report_key ORDER BY changed_at LIMIT 1",
        "SELECT rowid FROM job WHERE is_open = 1 AND state = 'queued' AND rowid > 5 ORDER BY rowid LIMIT 1",
    ] {
        const CLOSED: &str = "<expr>=? AND changed_at<?";
        let mut statement = journal.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let plan: Vec<String> = statement.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
        assert!(plan.iter().all(|step| !step.starts_with("SCAN job") || step.contains("USING")), "{sql}: {plan:?}");
        assert!(!sql.contains("is_open = 0") || plan == [format!("SEARCH job USING INDEX job_closed ({CLOSED})")], "{plan:?}");
    }
}

/// A write to a file without a name would be lost at the next start.
#[test]
fn replaced_journal_takes_no_commit() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    assert_eq!(journal.file().change(), None);
    let (path, next) = (directory.path().join("journal.db"), directory.path().join("next"));
    std::fs::copy(&path, &next).unwrap();
    std::fs::rename(&next, &path).unwrap();
    journal.deliver(&[command(2, "Steve")], NOW).unwrap_err();
    assert_eq!(journal.file().change(), Some(flux_platform::FileChange::Replaced));
    assert!(journal.job(&id(2)).unwrap().is_none());
}
