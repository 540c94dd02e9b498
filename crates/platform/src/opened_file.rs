//! Compares the file that a path names with the one that was opened there.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The file that a path named when it was opened.
#[derive(Debug, Clone)]
pub struct OpenedFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

/// The change of a path that named an [`OpenedFile`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileChange {
    /// There is no file any more.
    Removed,
    /// There is another file.
    Replaced,
}

impl std::fmt::Display for FileChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            FileChange::Removed => "removed",
            FileChange::Replaced => "replaced",
        })
    }
}

impl OpenedFile {
    /// Remembers the file that is at a path now.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn at(path: &Path) -> io::Result<OpenedFile> {
        let found = fs::metadata(path)?;
        Ok(OpenedFile { path: path.to_owned(), device: found.dev(), inode: found.ino() })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The change of the path since; `None` if it still names the file. A path that cannot be looked at counts as unchanged:
    /// the file is open.
    pub fn change(&self) -> Option<FileChange> {
        match fs::metadata(&self.path) {
            Ok(found) if (found.dev(), found.ino()) == (self.device, self.inode) => None,
            Ok(_) => Some(FileChange::Replaced),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(FileChange::Removed),
            Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaced_and_removed_files_are_noticed() {
        let path = std::env::temp_dir().join(format!("flux-opened-file-{}", std::process::id()));
        let next = path.with_extension("next");
        fs::write(&path, "one").unwrap();
        let opened = OpenedFile::at(&path).unwrap();
        fs::write(&path, "the same file").unwrap();
        assert_eq!(opened.change(), None);
        fs::write(&next, "one").unwrap();
        fs::rename(&next, &path).unwrap();
        assert_eq!(opened.change(), Some(FileChange::Replaced));
        fs::remove_file(&path).unwrap();
        assert_eq!(opened.change(), Some(FileChange::Removed));
        assert!(OpenedFile::at(&path).is_err());
    }
}
