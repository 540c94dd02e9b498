//! The journal's directory and its files: for the agent's user alone, and never reached through a link.

use super::JournalError;
use flux_config::{Access, Exposure, User};
use std::fs::{DirBuilder, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The file with the tables.
pub(super) const DATABASE: &str = "journal.db";
/// The file that is locked while a daemon uses the journal.
pub(super) const LOCK: &str = "journal.lock";
/// Both, and the files that SQLite has beside the database.
const FILES: [&str; 5] = [DATABASE, LOCK, "journal.db-wal", "journal.db-shm", "journal.db-journal"];
const PERMISSIONS_OF_OTHERS: u32 = 0o007;

/// Creates the state directory if there is none, refuses one that others may write and links in it, and takes other users'
/// permissions from the journal's files. Returns the directory's path without links.
pub(super) fn prepare(state_dir: &Path) -> Result<PathBuf, JournalError> {
    let failed = |cause| JournalError::Directory { path: state_dir.to_owned(), cause };
    DirBuilder::new().recursive(true).mode(0o700).create(state_dir).map_err(failed)?;
    // Those who may only read it are named by `run` and `check`.
    let _readers = exposure(state_dir, User::of_process())?;
    let folder = state_dir.canonicalize().map_err(failed)?;
    refuse_links(&folder)?;
    for name in FILES {
        make_private(&folder.join(name));
    }
    // Fails for a file that exists; SQLite opens it next, and reports what is wrong with it.
    let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(DATABASE));
    Ok(folder)
}

/// The finding about a state directory that others than this user may read; `None` also while there is no directory.
///
/// # Errors
///
/// Others may write it.
pub(super) fn exposure(state_dir: &Path, user: User) -> Result<Option<Exposure>, JournalError> {
    let Ok(found) = std::fs::metadata(state_dir) else { return Ok(None) };
    let access = Access::from(&found);
    access
        .refuse_other_writers(state_dir, user)
        .map_err(|exposure| JournalError::Exposed { path: state_dir.to_owned(), exposure })?;
    Ok(access.other_readers(state_dir, user))
}

/// The user whose agent uses the directory: this process's, or, where root only looks, its owner.
pub(super) fn user_of(state_dir: &Path) -> User {
    let own = User::of_process();
    match std::fs::metadata(state_dir) {
        Ok(found) if own.is_root() => User { id: found.uid(), group: found.gid() },
        Ok(_) | Err(_) => own,
    }
}

/// The path of an existing journal, without links; `None` if there is none.
pub(super) fn find(state_dir: &Path) -> Result<Option<PathBuf>, JournalError> {
    let Ok(folder) = state_dir.canonicalize() else { return Ok(None) };
    refuse_links(&folder)?;
    Ok(Some(folder.join(DATABASE)).filter(|path| path.exists()))
}

fn refuse_links(folder: &Path) -> Result<(), JournalError> {
    let is_link = |path: &PathBuf| std::fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    match FILES.map(|name| folder.join(name)).into_iter().find(is_link) {
        Some(path) => Err(JournalError::Link { path }),
        None => Ok(()),
    }
}

/// Takes other users' permissions from an own file: who can open one can lock it, and so stop the agent.
fn make_private(path: &Path) {
    let change = |found: Metadata| -> io::Result<()> {
        let access = Access::from(&found);
        if access.mode & PERMISSIONS_OF_OTHERS == 0 {
            return Ok(());
        }
        std::fs::set_permissions(path, Permissions::from_mode(access.mode & !PERMISSIONS_OF_OTHERS))
    };
    // It fails for a file of another user; if that is in the way, opening it says so.
    let _ = std::fs::symlink_metadata(path).and_then(change);
}
