//! Backups of the whole file, and restoring one.

use super::open;
use super::session::Session;
use crate::runner::Runner;
use crate::{Error, Tx};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, TransactionBehavior};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The jump of event numbers and command sequences at a restore. No number that was given since the backup is given again,
/// so that a reader's cursor stays valid and an agent keeps its order.
const RESTORE_GAP: i64 = 1_000_000_000;

/// The mode of a file that only its owner reads and writes.
const OWNERS: u32 = 0o600;
/// The permission bits of the owner and the group.
const OWNER_AND_GROUP: u32 = 0o660;

/// Copies a database as it is at one moment, even while others write to it, and checks the copy. The copy appears under its
/// name only when it is whole.
pub(crate) fn backup(path: &Path, to: &Path) -> Result<(), Error> {
    open::require_file(path)?;
    if to.exists() {
        return Err(Error::Exists(to.to_owned()));
    }
    let part = beside(to, ".part");
    let made = copy(path, &part).and_then(|()| in_place(&part, to));
    made.inspect_err(|_| drop(fs::remove_file(&part)))
}

fn copy(path: &Path, part: &Path) -> Result<(), Error> {
    let source = open::reader(path)?;
    create(part)?;
    let mut copy = Connection::open(part)?;
    // In one step: a write between two steps makes SQLite begin again.
    match Backup::new(&source, &mut copy)?.step(-1)? {
        StepResult::Done => {}
        _ => return Err(Error::Busy),
    }
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    open::integrity(&copy)
}

/// Puts a backup in the database's place after `work` has run on it. The file that was there is kept under a name that ends
/// in `label`, which is returned. The new file belongs to the old one's owner, or to the folder's: root may restore what
/// another user serves. It keeps the old one's mode, without the rights of other users. The caller holds the lock.
pub(crate) fn restore<R>(
    path: &Path,
    from: &Path,
    label: &str,
    work: impl Fn(&Tx<'_>) -> Result<R, Error>,
) -> Result<Restored<R>, Error> {
    require_backup(from)?;
    let part = beside(path, ".restoring");
    // An interrupted try left these.
    for ending in ["", "-wal", "-shm"] {
        drop(fs::remove_file(beside(&part, ending)));
    }
    create(&part)?;
    let private = fs::Permissions::from_mode(OWNERS);
    let copied = fs::copy(from, &part).and_then(|_| fs::set_permissions(&part, private));
    let copied = copied.map_err(|cause| failed(&part, cause)).and_then(|()| open::give_to_owner(&part, path));
    let done = copied.and_then(|()| prepare(&part, work).map_err(about_backup));
    let mode = fs::Permissions::from_mode(mode_like(path));
    let done =
        done.and_then(|done| fs::set_permissions(&part, mode).map(|()| done).map_err(|cause| failed(&part, cause)));
    let done = done.inspect_err(|_| drop(fs::remove_file(&part)))?;
    let kept = beside(path, &format!(".before-restore-{label}"));
    let mut is_kept = false;
    // Move the log first: SQLite would apply it to the next file of this name and damage that file.
    for ending in ["-wal", "-shm", ""] {
        let (now, then) = (beside(path, ending), beside(&kept, ending));
        if then.exists() {
            return Err(Error::Exists(then));
        }
        match fs::rename(&now, &then) {
            Ok(()) => is_kept = true,
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(failed(&then, cause)),
            Err(_) => {}
        }
    }
    in_place(&part, path)?;
    Ok(Restored { done, kept: is_kept.then_some(kept) })
}

/// The mode of the database that is there, with the owner's rights and without those of other users.
fn mode_like(path: &Path) -> u32 {
    fs::metadata(path).map_or(OWNERS, |found| found.mode() & OWNER_AND_GROUP | OWNERS)
}

/// The result of a restore.
#[derive(Debug)]
pub struct Restored<R> {
    /// The result of the work on the restored file.
    pub done: R,
    /// The file that was there before.
    pub kept: Option<PathBuf>,
}

fn require_backup(from: &Path) -> Result<(), Error> {
    open::require_file(from).map_err(|error| match error {
        Error::Missing(path) => Error::NoBackup(path),
        Error::Damaged(_) => Error::DamagedBackup("it is empty".to_owned()),
        other => other,
    })
}

fn about_backup(error: Error) -> Error {
    match error {
        Error::Damaged(why) => Error::DamagedBackup(why),
        other => other,
    }
}

fn prepare<R>(part: &Path, work: impl Fn(&Tx<'_>) -> Result<R, Error>) -> Result<R, Error> {
    let mut connection = open::writer(part)?;
    open::integrity(&connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let numbered = "UPDATE sqlite_sequence SET seq = seq + ? WHERE name IN ('events', 'commands')";
    transaction.execute(numbered, [RESTORE_GAP])?;
    let done = Runner::default().closure(work)(Session::new(&transaction))?;
    transaction.commit()?;
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    connection.close().map_err(|(_, error)| Error::from(error))?;
    Ok(done)
}

fn in_place(part: &Path, path: &Path) -> Result<(), Error> {
    let done = File::open(part).and_then(|file| file.sync_all()).and_then(|()| fs::rename(part, path));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    done.and_then(|()| File::open(folder)?.sync_all()).map_err(|cause| failed(path, cause))
}

/// Creates a new file. A file of this name is removed first and never written to: an earlier try left it, or it is a link
/// that an attacker made.
fn create(path: &Path) -> Result<(), Error> {
    let _ = fs::remove_file(path);
    let made = OpenOptions::new().write(true).create_new(true).mode(OWNERS).open(path);
    made.map(drop).map_err(|cause| failed(path, cause))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

fn failed(path: &Path, cause: io::Error) -> Error {
    match cause.kind() {
        io::ErrorKind::PermissionDenied => Error::Permission(path.to_owned()),
        _ => Error::CannotCreate { path: path.to_owned(), cause: Arc::new(cause) },
    }
}
