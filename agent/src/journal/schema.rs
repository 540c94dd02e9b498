//! The journal's tables, and how an older file becomes a newer one.

use super::JournalError;
use crate::limits::PREPARED_STATEMENTS;
use flux_platform::{DatabaseFile, commit_must_fail};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};
use std::path::Path;

/// Each step is applied once, in a transaction. A step that has been released is never edited.
const MIGRATIONS: [&str; 3] = [
    r"
CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE job (
    id          TEXT NOT NULL PRIMARY KEY,
    attempt     INTEGER NOT NULL,
    state       TEXT NOT NULL,               -- queued awaiting_player running uncertain completed failed cancelled
    reason      TEXT,
    unresolved  INTEGER NOT NULL DEFAULT 0,  -- an earlier send is not settled
    foreign_    INTEGER NOT NULL DEFAULT 0,  -- another journal may have sent it
    revoked     INTEGER NOT NULL DEFAULT 0,
    careful     INTEGER NOT NULL DEFAULT 0,  -- older than this start, not yet acknowledged since (rule 8)
    ready       INTEGER NOT NULL DEFAULT 0,  -- to be looked at now
    wake_at     INTEGER,                     -- to be looked at then (ms); NULL and not ready: on its player's join
    sequence    INTEGER NOT NULL,
    player_key  TEXT,                        -- the name, lower-cased
    player_uuid TEXT,                        -- 32 digits
    report_key  TEXT NOT NULL,               -- the state that the store is to know
    acked_key   TEXT,                        -- the state that it has acknowledged
    changed_at  INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    command     TEXT,                        -- from here on: details, pruned once all is over
    line        TEXT,
    marked      INTEGER NOT NULL DEFAULT 0,  -- the line went out with a mark in the game, which is still there
    sent_clock  TEXT,                        -- the game's clock beside ours, near the send
    output      TEXT,
    judged_by   TEXT
) STRICT;
CREATE INDEX job_ready      ON job (sequence)    WHERE ready = 1 AND careful = 0;
CREATE INDEX job_wake       ON job (wake_at)     WHERE ready = 0 AND wake_at IS NOT NULL;
CREATE INDEX job_by_name    ON job (player_key)  WHERE state = 'awaiting_player';
CREATE INDEX job_by_uuid    ON job (player_uuid) WHERE state = 'awaiting_player';
CREATE INDEX job_unreported ON job (changed_at)  WHERE acked_key IS NOT report_key;
CREATE INDEX job_open       ON job (state)       WHERE state IN ('queued', 'awaiting_player', 'running', 'uncertain');
CREATE INDEX job_careful    ON job (id)          WHERE careful = 1;
CREATE INDEX job_marked     ON job (changed_at)  WHERE marked = 1;

CREATE TABLE history (
    job_id  TEXT NOT NULL,
    at      INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    event   TEXT NOT NULL,
    detail  TEXT
) STRICT;
CREATE INDEX history_by_job ON history (job_id);
",
    r"
ALTER TABLE job ADD COLUMN sends INTEGER NOT NULL DEFAULT 0;  -- how often a line of it was sent
ALTER TABLE job ADD COLUMN expires_at INTEGER;                -- when it must not run any more (ms, the store's clock)
UPDATE job SET expires_at = CAST(unixepoch(json_extract(command, '$.expiresAt'), 'subsec') * 1000 AS INTEGER)
    WHERE json_extract(command, '$.expiresAt') IS NOT NULL;
CREATE INDEX job_expiry ON job (expires_at) WHERE expires_at IS NOT NULL AND state IN ('queued', 'awaiting_player');
",
    r"
-- A mark tells of one send: their names, the last one's last.
ALTER TABLE job ADD COLUMN marks TEXT NOT NULL DEFAULT '';
UPDATE job SET marks = id || '_' || attempt WHERE marked = 1;
DROP INDEX job_marked;
CREATE INDEX job_marks ON job (changed_at) WHERE marks <> '';

CREATE INDEX job_delivered ON job (changed_at) WHERE state = 'completed' AND sent_clock IS NOT NULL;
DROP INDEX job_careful;
CREATE INDEX job_careful_of_player ON job (player_key, sequence) WHERE careful = 1;

-- An index whose condition is a list of states costs a table of its own at every change of a row; a column does not.
ALTER TABLE job ADD COLUMN is_open INTEGER GENERATED ALWAYS AS (CASE state WHEN 'completed' THEN 0 WHEN 'failed' THEN 0 WHEN 'cancelled' THEN 0 ELSE 1 END) VIRTUAL;
DROP INDEX job_open;
CREATE INDEX job_open ON job (state) WHERE is_open = 1;
CREATE INDEX job_age ON job (received_at) WHERE is_open = 1;

-- How many jobs are in each state: rows are never deleted, so that counting them takes longer with every sale.
CREATE TABLE tally (state TEXT NOT NULL PRIMARY KEY, jobs INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO tally SELECT state, count(*) FROM job GROUP BY state;
CREATE TRIGGER job_added AFTER INSERT ON job BEGIN
    INSERT INTO tally VALUES (NEW.state, 1) ON CONFLICT (state) DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER job_moved AFTER UPDATE OF state ON job WHEN NEW.state <> OLD.state BEGIN
    UPDATE tally SET jobs = jobs - 1 WHERE state = OLD.state;
    INSERT INTO tally VALUES (NEW.state, 1) ON CONFLICT (state) DO UPDATE SET jobs = jobs + 1;
END;
",
];

/// Opens the file to look at it: checked, and not changed.
pub(super) fn open_to_look(path: &Path) -> Result<Connection, JournalError> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(|error| damaged(path, error))?;
    check(&connection, path)?;
    Ok(connection)
}

/// Opens the file as this version wants it: checked, migrated, durable.
pub(super) fn open(path: &Path) -> Result<Connection, JournalError> {
    let mut connection = Connection::open(path).map_err(|error| damaged(path, error))?;
    if connection.is_readonly(MAIN_DB).map_err(|error| damaged(path, error))? {
        return Err(JournalError::NotPermitted { path: path.to_owned(), problem: "it is read-only".into() });
    }
    let found = check(&connection, path)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(|error| damaged(path, error))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // A statement keeps its plan whatever is bound to it; SQLite would else make a new one for new values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    connection.commit_hook(Some(|| commit_must_fail(DatabaseFile::Journal)))?;
    for (at, step) in MIGRATIONS.iter().enumerate().skip(usize::try_from(found).unwrap_or(0)) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", at as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(connection)
}

/// Whether the file is whole, and of a version that is known: which.
fn check(connection: &Connection, path: &Path) -> Result<i64, JournalError> {
    let failed = |error| damaged(path, error);
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(JournalError::Newer { path: path.to_owned(), found, known });
    }
    let check: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    if found == 0 && tables > 0 {
        let problem = "it is another program's database".to_owned();
        return Err(JournalError::Damaged { path: path.to_owned(), problem });
    }
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
