//! The file under a served database: whether its path still names it. What is written to a file without a name is lost at
//! the next start.

use crate::{Error, limits};
use flux_platform::OpenedFile;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Notify;

/// The file that is served.
pub(crate) struct ServedFile {
    opened: OpenedFile,
    commit_failed: Notify,
}

impl ServedFile {
    /// Remembers the file that is at the path now.
    pub(crate) fn at(path: &Path) -> Result<ServedFile, Error> {
        Ok(ServedFile { opened: opened(path)?, commit_failed: Notify::new() })
    }

    /// The error to answer with instead of a failed commit's, if the path has changed.
    pub(crate) fn instead_of(&self, error: Error) -> Error {
        self.commit_failed.notify_one();
        self.error().unwrap_or(error)
    }

    /// Resolves when the path has changed.
    pub(crate) async fn changed(&self) -> Error {
        loop {
            if let Some(error) = self.error() {
                return error;
            }
            // The wait ends early when a commit fails.
            let _ = tokio::time::timeout(limits::FILE_CHECK, self.commit_failed.notified()).await;
        }
    }

    fn error(&self) -> Option<Error> {
        let change = self.opened.change()?;
        Some(Error::FileChanged { path: self.opened.path().to_owned(), change })
    }
}

/// The file at a path.
pub(crate) fn opened(path: &Path) -> Result<OpenedFile, Error> {
    OpenedFile::at(path).map_err(|cause| Error::CannotCreate { path: path.to_owned(), cause: Arc::new(cause) })
}
