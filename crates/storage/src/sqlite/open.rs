//! Opening the file, its lock, and the note that it is being served.

use super::migrations::{self, STEPS};
use super::served_file;
use crate::{Error, limits};
use flux_platform::{DatabaseFile, commit_must_fail};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::path::Path;
use std::sync::Arc;

/// The permissions of other users to read and to write.
const OPEN_TO_OTHERS: u32 = 0o006;

/// Creates the file, readable by its owner only, with an empty schema.
pub(crate) fn create(path: &Path) -> Result<(), Error> {
    let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Error::Exists(path.to_owned()),
        ErrorKind::PermissionDenied => Error::Permission(path.to_owned()),
        _ => Error::CannotCreate { path: path.to_owned(), cause: Arc::new(error) },
    })?;
    // An unfinished file would make the next try fail.
    open_writer(path).map(drop).inspect_err(|_| drop(fs::remove_file(path)))
}

/// Refuses a missing file and an empty one: an empty file is a lost database, not a new one.
pub(crate) fn require_file(path: &Path) -> Result<(), Error> {
    match fs::metadata(path) {
        Ok(found) if found.len() == 0 => Err(Error::Damaged(
            "it is empty; if it is one that was never finished, remove it and run `flux-companion init`".to_owned(),
        )),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(Error::Permission(path.to_owned())),
        Err(_) => Err(Error::Missing(path.to_owned())),
    }
}

/// Refuses a database that every user of the machine can read or change: the file, or its log.
pub(crate) fn require_private(path: &Path) -> Result<(), Error> {
    for ending in ["", "-wal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let Ok(found) = fs::metadata(&name) else { continue };
        if found.mode() & OPEN_TO_OTHERS != 0 {
            return Err(Error::Exposed { path: name.into(), mode: found.mode() & 0o7777 });
        }
    }
    Ok(())
}

/// Takes the lock that serving and restoring need; it lasts as long as the returned file is open. Other commands of the
/// command line need none.
pub(crate) fn lock(path: &Path) -> Result<File, Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let opened = fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&name);
    let file = opened.map_err(|cause| match cause.kind() {
        ErrorKind::PermissionDenied => Error::Permission(name.clone().into()),
        _ => Error::CannotCreate { path: name.clone().into(), cause: Arc::new(cause) },
    })?;
    give_to_owner(Path::new(&name), path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Error::InUse(path.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(Error::Disk(error.to_string())),
    }
}

/// Gives a file that root has made to the owner of the database, or of its folder, so that the companion's user can open it.
pub(crate) fn give_to_owner(file: &Path, database: &Path) -> Result<(), Error> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(owner) = fs::metadata(database).or_else(|_| fs::metadata(folder)) else { return Ok(()) };
    match fs::metadata(file) {
        Ok(found) if found.uid() == 0 && owner.uid() != 0 => chown(file, Some(owner.uid()), Some(owner.gid()))
            .map_err(|cause| Error::CannotCreate { path: file.to_owned(), cause: Arc::new(cause) }),
        _ => Ok(()),
    }
}

/// A connection that writes, to a file that exists; its schema is brought up to date.
pub(crate) fn writer(path: &Path) -> Result<Connection, Error> {
    require_file(path)?;
    open_writer(path)
}

/// Checks a file that exists, and changes nothing in it: a damaged file stays as it was found.
pub(crate) fn check(path: &Path) -> Result<(), Error> {
    require_file(path)?;
    let connection = connect_to_write(path)?;
    migrations::done(&connection, STEPS)?;
    integrity(&connection)?;
    require_private(path)
}

fn connect_to_write(path: &Path) -> Result<Connection, Error> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // SQLite opens a file without write permission for reading only, and reports it at the first write.
    if connection.is_readonly(rusqlite::MAIN_DB)? {
        return Err(Error::Permission(path.to_owned()));
    }
    Ok(connection)
}

fn open_writer(path: &Path) -> Result<Connection, Error> {
    let mut connection = connect_to_write(path)?;
    let done = migrations::done(&connection, STEPS)?;
    set_up(&connection)?;
    let opened = served_file::opened(path)?;
    connection.commit_hook(Some(move || commit_must_fail(DatabaseFile::Database) || opened.change().is_some()))?;
    migrations::run(&mut connection, STEPS, done)?;
    Ok(connection)
}

/// Records that the file is being served. After an unclean shutdown the file may lack changes that the companion
/// acknowledged, because its log was lost or cut. Commands that agents reported and that are still open are then offered again, and the
/// agents answer with their present state (rule 1).
pub(crate) fn begin_serving(connection: &Connection) -> Result<(), Error> {
    let was_clean = connection.execute("INSERT OR IGNORE INTO unclean_shutdown (id) VALUES (1)", [])? == 1;
    if !was_clean {
        let sql = "UPDATE commands SET reported_by = NULL
                   WHERE status IN ('delivered', 'awaiting_player') AND reported_by IS NOT NULL";
        let commands = connection.execute(sql, [])?;
        tracing::info!(commands, "previous shutdown was unclean; offering open commands again");
    }
    Ok(())
}

/// Records a clean shutdown.
pub(crate) fn end_serving(connection: &Connection) -> Result<(), Error> {
    connection.execute("DELETE FROM unclean_shutdown", [])?;
    Ok(())
}

/// A connection that only reads.
pub(crate) fn reader(path: &Path) -> Result<Connection, Error> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// A database in memory.
pub(crate) fn in_memory() -> Result<Connection, Error> {
    let mut connection = Connection::open_in_memory()?;
    plan_once(&connection)?;
    connection.set_prepared_statement_cache_capacity(limits::PREPARED_STATEMENTS);
    set_up(&connection)?;
    migrations::run(&mut connection, STEPS, 0)?;
    Ok(connection)
}

fn connect(path: &Path, mode: OpenFlags) -> Result<Connection, Error> {
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::PermissionDenied) => {
            Error::Permission(path.to_owned())
        }
        _ => error.into(),
    })?;
    plan_once(&connection)?;
    connection.busy_timeout(limits::DATABASE_BUSY)?;
    connection.set_prepared_statement_cache_capacity(limits::PREPARED_STATEMENTS);
    Ok(connection)
}

/// Makes a statement keep its plan whatever values are bound. Otherwise SQLite plans again for each new value, which was 43 %
/// of all instructions of a push.
fn plan_once(connection: &Connection) -> Result<(), Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// WAL, so that reads never wait; FULL, so that acknowledged writes survive a power cut; secure_delete, so that removed rows
/// are gone from the file.
fn set_up(connection: &Connection) -> Result<(), Error> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}

/// Empties the write-ahead log into the file. Pages that a reader still uses stay until the next time.
pub(crate) fn empty_log(connection: &Connection) -> Result<(), Error> {
    let is_left: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_left {
        tracing::warn!("failed to empty the write-ahead log; retrying at next start");
    }
    Ok(())
}

/// Rebuilds the file, so that no removed row is left in it: secure_delete overwrites removed rows, but not the copies that
/// splitting a page leaves in its unused part.
pub(crate) fn vacuum(connection: &Connection) -> Result<(), Error> {
    connection.execute_batch("VACUUM")?;
    empty_log(connection)
}

/// Checks the file's integrity.
pub(crate) fn integrity(connection: &Connection) -> Result<(), Error> {
    let finding: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if finding == "ok" { Ok(()) } else { Err(Error::Damaged(finding)) }
}
