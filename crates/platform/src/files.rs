//! Access to files that may be something else than a file, and the free space of their disk.

use rustix::fs::{OFlags, statvfs};
use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Space on a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskSpace {
    /// Free for this user.
    pub free: u64,
    /// All of it.
    pub total: u64,
}

thread_local! {
    static SIMULATED: Cell<Option<DiskSpace>> = const { Cell::new(None) };
}

/// Opens a regular file for reading; `None` for a directory, a FIFO or a device. It never waits, as opening a FIFO would.
///
/// # Errors
///
/// Those of the operating system.
pub fn open_regular(path: &Path) -> io::Result<Option<File>> {
    let at_once = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(at_once).open(path)?;
    let is_regular = file.metadata()?.is_file();
    Ok(is_regular.then_some(file))
}

/// The space on the disk of a file or directory.
///
/// # Errors
///
/// Those of the operating system.
pub fn disk_space(path: &Path) -> io::Result<DiskSpace> {
    if let Some(space) = SIMULATED.get().filter(|_| cfg!(debug_assertions)) {
        return Ok(space);
    }
    let disk = statvfs(path)?;
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    Ok(DiskSpace { free: bytes(disk.f_bavail), total: bytes(disk.f_blocks) })
}

/// Makes every disk have this space from now on; `None` ends that. It acts on the current thread, and does nothing in a
/// release build.
pub fn simulate_disk_space(space: Option<DiskSpace>) {
    SIMULATED.set(space);
}
