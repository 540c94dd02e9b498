//! Reading a file whole, up to a limit, with its permission bits.

use std::{
    fmt,
    fs::File,
    io::{ErrorKind, Read},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use crate::{
    error::{ConfigError, FileError},
    limits,
};

/// A config file as it was read. `Debug` leaves the text out: there may be secrets in it.
pub struct ConfigFile {
    /// Its path, as errors name it.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
    /// Its permission bits, such as `0o640`.
    pub mode: u32,
}

/// Reads a config file of at most 256 KiB.
///
/// # Errors
///
/// [`ConfigError::Missing`] when there is none, [`ConfigError::Unreadable`] when it cannot be read, is too large or is
/// not UTF-8.
pub fn load(path: &Path) -> Result<ConfigFile, ConfigError> {
    match read(path, limits::DOCUMENT_BYTES) {
        Ok((text, mode)) => Ok(ConfigFile { path: path.to_owned(), text, mode }),
        Err(FileError::Missing) => Err(ConfigError::Missing { path: path.to_owned() }),
        Err(reason) => Err(ConfigError::Unreadable { path: path.to_owned(), reason }),
    }
}

/// A file's text and its permission bits, both of the file that was opened, whatever the name comes to mean meanwhile.
pub(crate) fn read(path: &Path, limit_bytes: u64) -> Result<(String, u32), FileError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => FileError::Missing,
        _ => FileError::Refused(error),
    })?;
    let mode = file.metadata().map_err(FileError::Refused)?.permissions().mode() & 0o7777;
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that is too large from one that just fits.
    file.take(limit_bytes + 1).read_to_end(&mut bytes).map_err(FileError::Refused)?;
    if bytes.len() as u64 > limit_bytes {
        return Err(FileError::TooLarge(limit_bytes));
    }
    // The bytes in the error may be a secret's: only the fact is kept.
    let text = String::from_utf8(bytes).map_err(|_| FileError::NotText)?;
    Ok((text, mode))
}

/// What is wrong with, and what mends, a file with a secret that the world can read.
pub(crate) fn refuse_world_readable(path: &Path, mode: u32) -> Result<(), String> {
    const READ_BY_OTHERS: u32 = 0o004;
    if mode & READ_BY_OTHERS == 0 {
        return Ok(());
    }
    let path = path.display();
    let argument = shell_word(&path.to_string());
    Err(format!("{path} can be read by everyone (mode {mode:04o}); run: chmod o-rwx {argument}"))
}

/// The text as one word of a shell's command line.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+@%:,".contains(c);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

impl fmt::Debug for ConfigFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ConfigFile").field("path", &self.path).field("mode", &self.mode).finish_non_exhaustive()
    }
}
