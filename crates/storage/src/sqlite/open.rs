//! Opening the file, and bringing an older one up to date.

use crate::DbError;
use crate::limits;
use flux_platform::{DatabaseFile, commit_must_fail};
use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

/// The migrations in order; `user_version` counts those that are done. One that has been released is never edited.
const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_whole_orders.sql"),
    include_str!("migrations/0003_referrals.sql"),
];

/// Makes the file, readable by its owner alone, and everything in it.
pub(crate) fn create(path: &Path) -> Result<(), DbError> {
    let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => DbError::Exists(path.to_owned()),
        ErrorKind::PermissionDenied => DbError::Permission(path.to_owned()),
        _ => DbError::CannotCreate { path: path.to_owned(), cause: Arc::new(error) },
    })?;
    // A half-made file would stand in the way of the next try.
    connected(path).map(drop).inspect_err(|_| drop(fs::remove_file(path)))
}

/// Refuses where there is no file, or nothing in it: that is no new database but the end of an old one.
pub(crate) fn must_be_there(path: &Path) -> Result<(), DbError> {
    match fs::metadata(path) {
        Ok(found) if found.len() == 0 => Err(DbError::Damaged(
            "it is empty; if it is one that was never finished, remove it and run `flux-companion init`".to_owned(),
        )),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(DbError::Permission(path.to_owned())),
        Err(_) => Err(DbError::Missing(path.to_owned())),
    }
}

/// Takes the lock of who serves a database, or puts another in its place; it lasts as long as the file is open. The
/// command line's short visits need none.
pub(crate) fn lock(path: &Path) -> Result<File, DbError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let opened = fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&name);
    let file = opened.map_err(|cause| match cause.kind() {
        ErrorKind::PermissionDenied => DbError::Permission(name.clone().into()),
        _ => DbError::CannotCreate { path: name.clone().into(), cause: Arc::new(cause) },
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(DbError::InUse(path.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(DbError::Disk(error.to_string())),
    }
}

/// The connection that writes, of a file that is there.
pub(crate) fn writer(path: &Path) -> Result<Connection, DbError> {
    must_be_there(path)?;
    connected(path)
}

fn connected(path: &Path) -> Result<Connection, DbError> {
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // SQLite opens a file without write permission for reading only, and says so at the first write.
    if connection.is_readonly(rusqlite::MAIN_DB)? {
        return Err(DbError::Permission(path.to_owned()));
    }
    let done = version(&connection)?;
    if done < MIGRATIONS.len() {
        // What is damaged is not rewritten.
        integrity(&connection)?;
    }
    set_up(&connection)?;
    connection.commit_hook(Some(|| commit_must_fail(DatabaseFile::Database)))?;
    migrate(&mut connection, done)?;
    Ok(connection)
}

/// Notes that the file is being served. Where the last one to serve it did not end in order, the file may be older than what was said since: its log was lost, or
/// cut. What agents have reported and the file shows as open is then offered to them again, and they answer with what stands (rule 1).
pub(crate) fn begin(connection: &Connection) -> Result<(), DbError> {
    let is_in_order = connection.execute("INSERT OR IGNORE INTO served (id) VALUES (1)", [])? == 1;
    if !is_in_order {
        let sql = "UPDATE commands SET reported_by = NULL WHERE status IN ('delivered', 'awaiting_player') AND reported_by IS NOT NULL";
        let commands = connection.execute(sql, [])?;
        tracing::info!(commands, "the companion did not end in order; agents are asked again for what is open");
    }
    Ok(())
}

/// Notes that it is served no more.
pub(crate) fn end(connection: &Connection) -> Result<(), DbError> {
    connection.execute("DELETE FROM served", [])?;
    Ok(())
}

/// A connection that only reads.
pub(crate) fn reader(path: &Path) -> Result<Connection, DbError> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// A database that dies with its connection, for the in-place mode.
pub(crate) fn in_memory() -> Result<Connection, DbError> {
    let mut connection = Connection::open_in_memory()?;
    plan_once(&connection)?;
    connection.set_prepared_statement_cache_capacity(limits::PREPARED_STATEMENTS);
    set_up(&connection)?;
    migrate(&mut connection, 0)?;
    Ok(connection)
}

fn connect(path: &Path, mode: OpenFlags) -> Result<Connection, DbError> {
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::PermissionDenied) => {
            DbError::Permission(path.to_owned())
        }
        _ => error.into(),
    })?;
    plan_once(&connection)?;
    connection.busy_timeout(limits::DATABASE_BUSY)?;
    connection.set_prepared_statement_cache_capacity(limits::PREPARED_STATEMENTS);
    Ok(connection)
}

/// A statement keeps its plan whatever is bound to it. SQLite would else make a new one for each new value: 43 % of all the instructions of a push.
fn plan_once(connection: &Connection) -> Result<(), DbError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// WAL, so that reads never wait; FULL, so that what was acknowledged survives a power cut; secure_delete, so that what
/// was removed is gone from the file.
fn set_up(connection: &Connection) -> Result<(), DbError> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}

/// How many migrations are done. Looked at before anything is changed.
fn version(connection: &Connection) -> Result<usize, DbError> {
    let known = MIGRATIONS.len() as i64;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(DbError::Newer { found, known });
    }
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if found == 0 && tables > 0 {
        return Err(DbError::Damaged("it is another program's".to_owned()));
    }
    usize::try_from(found).map_err(|_| DbError::Damaged("its version is negative".to_owned()))
}

/// Each migration in its own transaction with its version, so that a kill between two leaves a whole older one.
fn migrate(connection: &mut Connection, done: usize) -> Result<(), DbError> {
    // As the rules compare addresses: SQLite's own lower() knows ASCII alone.
    connection.create_scalar_function("email_key_of", 1, FunctionFlags::SQLITE_UTF8, |context| {
        Ok(crate::customers::key(&context.get::<Option<String>>(0)?.unwrap_or_default()))
    })?;
    for (version, migration) in MIGRATIONS.iter().enumerate().skip(done) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", version as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Empties the write-ahead log into the file. What a reader still looks at stays until the next time.
pub(crate) fn empty_log(connection: &Connection) -> Result<(), DbError> {
    let is_left: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_left {
        tracing::warn!("the database's log could not be emptied: a reader looks at it; the next start does it");
    }
    Ok(())
}

/// Rebuilds the file, so that nothing removed is left in it: secure_delete overwrites what it removes, but not the copies
/// that a page's splitting has left behind in its unused part.
pub(crate) fn rebuild(connection: &Connection) -> Result<(), DbError> {
    connection.execute_batch("VACUUM")?;
    empty_log(connection)
}

/// What SQLite finds wrong with the file, for `check`.
pub(crate) fn integrity(connection: &Connection) -> Result<(), DbError> {
    let finding: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if finding == "ok" { Ok(()) } else { Err(DbError::Damaged(finding)) }
}
