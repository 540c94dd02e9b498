//! Reads a regular file up to a limit, with its owner and permissions.

use std::{
    fmt,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use flux_platform::open_regular;

use crate::{
    access::{Access, User},
    error::{ConfigError, FileError},
    limits,
};

/// A config file as read. `Debug` omits the text, which may contain secrets.
pub struct ConfigFile {
    /// The path, as errors show it.
    pub path: PathBuf,
    /// The content.
    pub text: String,
    /// The permission bits, such as `0o640`.
    pub mode: u32,
}

/// Reads a config file of at most 256 KiB, which nobody but root and this user may write.
///
/// # Errors
///
/// [`ConfigError::Missing`] if it does not exist; [`ConfigError::Unreadable`] if it cannot be read, is no regular file, is
/// too large, is not UTF-8 or may be written by others.
pub fn load(path: &Path) -> Result<ConfigFile, ConfigError> {
    let own = read(path, limits::DOCUMENT_BYTES).and_then(|(text, access)| {
        access.refuse_other_writers(path, User::of_process()).map_err(FileError::Exposed)?;
        Ok((text, access.mode))
    });
    match own {
        Ok((text, mode)) => Ok(ConfigFile { path: path.to_owned(), text, mode }),
        Err(FileError::Missing) => Err(ConfigError::Missing { path: path.to_owned() }),
        Err(reason) => Err(ConfigError::Unreadable { path: path.to_owned(), reason }),
    }
}

/// The text, the owner and the permissions of a regular file, all of the same open file.
pub(crate) fn read(path: &Path, limit_bytes: u64) -> Result<(String, Access), FileError> {
    let opened = open_regular(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => FileError::Missing,
        _ => FileError::Refused(error),
    })?;
    let file = opened.ok_or(FileError::NotRegular)?;
    let metadata = file.metadata().map_err(FileError::Refused)?;
    let mut bytes = Vec::new();
    // One byte more than allowed shows that a file is too large.
    file.take(limit_bytes + 1).read_to_end(&mut bytes).map_err(FileError::Refused)?;
    if bytes.len() as u64 > limit_bytes {
        return Err(FileError::TooLarge(limit_bytes));
    }
    // The error would contain the bytes, which may be a secret.
    let text = String::from_utf8(bytes).map_err(|_| FileError::NotText)?;
    Ok((text, Access::from(&metadata)))
}

/// Refuses a file with a secret that everyone can read; the text names the command that fixes it.
pub(crate) fn refuse_world_readable(path: &Path, mode: u32) -> Result<(), String> {
    const READ_BY_OTHERS: u32 = 0o004;
    if mode & READ_BY_OTHERS == 0 {
        return Ok(());
    }
    let path = path.display();
    let argument = shell_word(&path.to_string());
    Err(format!("{path} can be read by everyone (mode {mode:04o}); run: chmod o-rwx {argument}"))
}

/// Quotes a text for a shell.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+@%:,".contains(c);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

impl fmt::Debug for ConfigFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ConfigFile").field("path", &self.path).field("mode", &self.mode).finish_non_exhaustive()
    }
}
