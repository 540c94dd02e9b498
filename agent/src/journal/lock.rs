use super::JournalError;
use super::files::LOCK;
use rustix::fs::OFlags;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// An exclusive lock on the journal. The operating system releases it when the process ends, even after a crash.
#[derive(Debug)]
pub(super) struct JournalLock {
    _file: File,
}

impl JournalLock {
    /// Takes the lock in the journal's directory. `journal` is the path that errors show.
    pub(super) fn take(folder: &Path, journal: &Path) -> Result<JournalLock, JournalError> {
        let path = folder.join(LOCK);
        let failed = |cause| JournalError::Directory { path: path.clone(), cause };
        // The file is emptied below: it must be the one in this directory.
        let own = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(own);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                file.read_to_string(&mut pid).map_err(failed)?;
                return Err(JournalError::InUse { path: journal.to_owned(), pid: pid.trim().to_owned() });
            }
            Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        }
        file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())).map_err(failed)?;
        Ok(JournalLock { _file: file })
    }
}
