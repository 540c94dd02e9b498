//! The journal's tables, and the upgrade of an older file.

use super::JournalError;
use crate::limits::{LOG_KEPT_BYTES, PREPARED_STATEMENTS};
use flux_platform::{DatabaseFile, OpenedFile, commit_must_fail};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};
use std::path::Path;

/// Each step is applied once, in a transaction. A step that has been released is never edited; a change is a new step.
const MIGRATIONS: [&str; 4] = [
    r"
CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE job (
    id                 TEXT NOT NULL PRIMARY KEY,
    attempt            INTEGER NOT NULL,
    state              TEXT NOT NULL,               -- queued awaiting_player running uncertain completed failed cancelled
    is_open            INTEGER GENERATED ALWAYS AS (CASE state WHEN 'completed' THEN 0 WHEN 'failed' THEN 0 WHEN 'cancelled' THEN 0 ELSE 1 END) VIRTUAL,
    reason             TEXT,                        -- of awaiting_player and failed
    unresolved         INTEGER NOT NULL DEFAULT 0,  -- an earlier send is not settled
    from_other_journal INTEGER NOT NULL DEFAULT 0,  -- another journal may have sent it
    revoked            INTEGER NOT NULL DEFAULT 0,
    startup_hold       INTEGER NOT NULL DEFAULT 0,  -- older than this start, not yet acknowledged since (rule 8)
    ready              INTEGER NOT NULL DEFAULT 0,  -- to be looked at now
    wake_at            INTEGER,                     -- next look (ms); NULL and not ready: at its player's join
    sequence           INTEGER NOT NULL,            -- the store's order
    player_key         TEXT,                        -- the player's name in lower case
    player_uuid        TEXT,                        -- 32 digits
    report_key         TEXT NOT NULL,               -- the state to report
    acked_key          TEXT,                        -- the state that the store has acknowledged
    changed_at         INTEGER NOT NULL,            -- ms
    received_at        INTEGER NOT NULL,            -- ms, first receipt of the id
    expires_at         INTEGER,                     -- ms on the store's clock; it does not run afterwards
    sends              INTEGER NOT NULL DEFAULT 0,  -- number of times a line of it was sent
    markers            TEXT NOT NULL DEFAULT '',    -- execution markers that may be in the game, the last send's last
    has_marker         INTEGER NOT NULL DEFAULT 0,  -- the last line was sent with a marker, which is still in the game
    command            TEXT,                        -- from here on: details, pruned after delivery.keep_history
    line               TEXT,                        -- the last line sent
    sent_clock         TEXT,                        -- the game's clock beside this machine's, near the send
    output             TEXT,                        -- the game's answer
    judged_by          TEXT                         -- the rule that judged it
) STRICT;
CREATE INDEX job_ready     ON job (sequence)    WHERE ready = 1 AND startup_hold = 0;
CREATE INDEX job_wake      ON job (wake_at)     WHERE ready = 0 AND wake_at IS NOT NULL;
CREATE INDEX job_by_name   ON job (player_key)  WHERE state = 'awaiting_player';
CREATE INDEX job_by_uuid   ON job (player_uuid) WHERE state = 'awaiting_player';
CREATE INDEX job_unreported ON job (changed_at) WHERE acked_key IS NOT report_key;
CREATE INDEX job_expiry    ON job (expires_at)  WHERE expires_at IS NOT NULL AND state IN ('queued', 'awaiting_player');
CREATE INDEX job_markers   ON job (changed_at)  WHERE markers <> '';
CREATE INDEX job_delivered ON job (changed_at)  WHERE state = 'completed' AND sent_clock IS NOT NULL;
CREATE INDEX job_startup_hold_by_player ON job (player_key, sequence) WHERE startup_hold = 1;
-- A condition on a list of states would cost a temporary table at every change of a row; the column is_open does not.
CREATE INDEX job_open      ON job (state)       WHERE is_open = 1;
CREATE INDEX job_age       ON job (received_at) WHERE is_open = 1;

CREATE TABLE history (
    job_id  TEXT NOT NULL,
    at      INTEGER NOT NULL,  -- ms
    attempt INTEGER NOT NULL,
    event   TEXT NOT NULL,
    detail  TEXT
) STRICT;
CREATE INDEX history_by_job ON history (job_id);

-- Number of jobs in each state, kept by triggers: rows stay for months, so that counting them would take longer with every sale.
CREATE TABLE job_counts (state TEXT NOT NULL PRIMARY KEY, jobs INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TRIGGER job_inserted AFTER INSERT ON job BEGIN
    INSERT INTO job_counts VALUES (NEW.state, 1) ON CONFLICT (state) DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER job_state_changed AFTER UPDATE OF state ON job WHEN NEW.state <> OLD.state BEGIN
    UPDATE job_counts SET jobs = jobs - 1 WHERE state = OLD.state;
    INSERT INTO job_counts VALUES (NEW.state, 1) ON CONFLICT (state) DO UPDATE SET jobs = jobs + 1;
END;
",
    "
ALTER TABLE job ADD COLUMN obstacle TEXT; -- of awaiting_player: why, where the reason does not say it
",
    "
ALTER TABLE job ADD COLUMN sent_at INTEGER; -- ms, the last time that the state was sent; NULL if it never was
DROP INDEX job_unreported;
CREATE INDEX job_unreported ON job (sent_at, changed_at) WHERE acked_key IS NOT report_key;
",
    "
CREATE INDEX job_closed ON job (command IS NOT NULL, changed_at) WHERE is_open = 0;
CREATE TRIGGER job_deleted AFTER DELETE ON job BEGIN
    UPDATE job_counts SET jobs = jobs - 1 WHERE state = OLD.state;
END;
",
];

/// One thread uses the connection, and the path has no link in it.
const UNSHARED: OpenFlags = OpenFlags::SQLITE_OPEN_NO_MUTEX.union(OpenFlags::SQLITE_OPEN_NOFOLLOW);

/// Opens the file read-only and checks it.
pub(super) fn open_read_only(path: &Path) -> Result<Connection, JournalError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | UNSHARED;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| damaged(path, error))?;
    check(&connection, path)?;
    Ok(connection)
}

/// Opens the file for the daemon: checks it, upgrades it, and makes commits durable.
pub(super) fn open(path: &Path) -> Result<Connection, JournalError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | UNSHARED;
    let mut connection = Connection::open_with_flags(path, flags).map_err(|error| damaged(path, error))?;
    if connection.is_readonly(MAIN_DB).map_err(|error| damaged(path, error))? {
        return Err(JournalError::NotPermitted { path: path.to_owned(), problem: "it is read-only".into() });
    }
    let found = check(&connection, path)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(|error| damaged(path, error))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_size_limit", LOG_KEPT_BYTES as i64)?;
    // A statement keeps its plan whatever is bound to it; otherwise SQLite plans it again for new values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    let opened = opened(path)?;
    connection.commit_hook(Some(move || commit_must_fail(DatabaseFile::Journal) || opened.change().is_some()))?;
    upgrade(&mut connection, found, &MIGRATIONS)?;
    Ok(connection)
}

/// The file at the path, to compare it with later.
pub(super) fn opened(path: &Path) -> Result<OpenedFile, JournalError> {
    OpenedFile::at(path).map_err(|cause| JournalError::Directory { path: path.to_owned(), cause })
}

/// Applies the steps that the file does not have yet.
fn upgrade(connection: &mut Connection, found: i64, steps: &[&str]) -> Result<(), JournalError> {
    for (at, step) in steps.iter().enumerate().skip(usize::try_from(found).unwrap_or(0)) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", at as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Checks that the file is whole and of a known version. Returns the version.
fn check(connection: &Connection, path: &Path) -> Result<i64, JournalError> {
    let failed = |error| damaged(path, error);
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    let ours = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('job', 'meta')";
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(failed);
    if count("SELECT count(*) FROM sqlite_schema")? > 0 && count(ours)? < 2 {
        let problem = "it is another program's database".to_owned();
        return Err(JournalError::Damaged { path: path.to_owned(), problem });
    }
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(JournalError::Newer { path: path.to_owned(), found, known });
    }
    let check: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if check == "ok" { Ok(found) } else { Err(JournalError::Damaged { path: path.to_owned(), problem: check }) }
}

fn damaged(path: &Path, error: rusqlite::Error) -> JournalError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            JournalError::Damaged { path: path.to_owned(), problem: error.to_string() }
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            JournalError::NotPermitted { path: path.to_owned(), problem: error.to_string() }
        }
        _ => JournalError::Storage(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_file_gets_the_steps_it_lacks() {
        let steps = ["CREATE TABLE a (x INTEGER)", "ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 7"];
        let mut connection = Connection::open_in_memory().unwrap();
        upgrade(&mut connection, 0, &steps[..1]).unwrap();
        connection.execute("INSERT INTO a VALUES (1)", []).unwrap();
        upgrade(&mut connection, 1, &steps).unwrap();
        let y: i64 = connection.query_row("SELECT y FROM a", [], |row| row.get(0)).unwrap();
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!((y, version), (7, 2));
    }
}
