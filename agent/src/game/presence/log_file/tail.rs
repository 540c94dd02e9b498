//! Follows a file by its path: through truncation, and through rotation, where the old file is renamed or compressed and a
//! new one begins under the same name. What is left of the old one is read first, since it is still open.

use crate::limits::{LOG_LINE_BYTES, LOG_READ_BYTES};
use flux_platform::open_regular;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file that is followed.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    inode: (u64, u64),
    offset: u64,
    /// The unfinished last line; `None` while the rest of a line that is too long is skipped.
    begun: Option<Vec<u8>>,
}

impl Tail {
    /// Follows an existing file from its present end.
    pub(super) fn from_end(path: &Path) -> io::Result<Tail> {
        let mut open = Open::at(path)?;
        open.offset = open.file.seek(SeekFrom::End(0))?;
        Ok(Tail { path: path.to_owned(), open: Some(open) })
    }

    /// Follows a file that does not exist yet, from its beginning.
    pub(super) fn from_start(path: &Path) -> Tail {
        Tail { path: path.to_owned(), open: None }
    }

    /// Reads some of the new lines. True if more may be ready now.
    pub(super) fn read(&mut self) -> io::Result<(Vec<String>, bool)> {
        let (mut lines, now) = (Vec::new(), std::fs::metadata(&self.path));
        if let Some(open) = &mut self.open {
            if now.as_ref().is_ok_and(|now| inode(now) == open.inode && now.len() < open.offset) {
                open.restart()?;
            }
            if open.read(&mut lines)? {
                return Ok((lines, true));
            }
        }
        let known = self.open.as_ref().map(|open| open.inode);
        match now {
            Ok(now) if known != Some(inode(&now)) => {
                self.open = Some(Open::at(&self.path)?);
                Ok((lines, true))
            }
            Ok(_) => Ok((lines, false)),
            // During a rotation there may be no file for a moment.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.open.is_some() => Ok((lines, false)),
            Err(error) => Err(error),
        }
    }
}

impl Open {
    fn at(path: &Path) -> io::Result<Open> {
        let file = open_regular(path)?.ok_or_else(|| io::Error::other("it is not a regular file"))?;
        let inode = inode(&file.metadata()?);
        Ok(Open { file, inode, offset: 0, begun: Some(Vec::new()) })
    }

    fn restart(&mut self) -> io::Result<()> {
        self.offset = self.file.seek(SeekFrom::Start(0))?;
        self.begun = Some(Vec::new());
        Ok(())
    }

    /// Reads the next bytes. True if more may be ready now.
    fn read(&mut self, lines: &mut Vec<String>) -> io::Result<bool> {
        let mut buffer = vec![0; LOG_READ_BYTES];
        let count = self.file.read(&mut buffer)?;
        self.offset += count as u64;
        for chunk in buffer[..count].split_inclusive(|byte| *byte == b'\n') {
            let (text, is_end) = match chunk.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (chunk, false),
            };
            self.begun =
                self.begun.take().filter(|begun| begun.len() + text.len() <= LOG_LINE_BYTES).map(|mut begun| {
                    begun.extend_from_slice(text);
                    begun
                });
            if is_end {
                let whole = self.begun.replace(Vec::new());
                lines.extend(whole.map(|line| String::from_utf8_lossy(&line).into_owned()));
            }
        }
        Ok(count == LOG_READ_BYTES)
    }
}

fn inode(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;

    struct Log {
        folder: tempfile::TempDir,
    }

    impl Log {
        fn new(text: &str) -> Log {
            let log = Log { folder: tempfile::TempDir::new().unwrap() };
            fs::write(log.path(), text).unwrap();
            log
        }

        fn path(&self) -> PathBuf {
            self.folder.path().join("latest.log")
        }

        fn append(&self, text: &str) {
            fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open(self.path())
                .unwrap()
                .write_all(text.as_bytes())
                .unwrap();
        }
    }

    fn all(tail: &mut Tail) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            let (lines, more) = tail.read().unwrap();
            all.extend(lines);
            if !more {
                return all;
            }
        }
    }

    #[test]
    fn only_what_comes_after_the_start_is_news_and_a_half_line_waits_for_its_end() {
        let log = Log::new("old\n");
        let mut tail = Tail::from_end(&log.path()).unwrap();
        assert_eq!(all(&mut tail), Vec::<String>::new());
        log.append("one\ntw");
        assert_eq!(all(&mut tail), ["one"]);
        log.append("o\n");
        assert_eq!(all(&mut tail), ["two"]);
    }

    #[test]
    fn a_rotation_loses_neither_the_old_files_end_nor_the_new_ones_beginning() {
        for compress in [false, true] {
            let log = Log::new("");
            let mut tail = Tail::from_end(&log.path()).unwrap();
            log.append("before midnight\n");
            let old = log.folder.path().join("2026-11-22-1.log");
            fs::rename(log.path(), &old).unwrap();
            if compress {
                fs::write(old.with_extension("log.gz"), "compressed").unwrap();
                fs::remove_file(&old).unwrap();
            }
            assert_eq!(all(&mut tail), ["before midnight"], "and there is no file at the moment");
            log.append("after midnight\n");
            assert_eq!(all(&mut tail), ["after midnight"]);
        }
    }

    #[test]
    fn a_truncated_file_is_read_from_its_beginning() {
        let log = Log::new("a long line that was there before\n");
        let mut tail = Tail::from_end(&log.path()).unwrap();
        fs::OpenOptions::new().write(true).truncate(true).open(log.path()).unwrap();
        log.append("new\n");
        assert_eq!(all(&mut tail), ["new"]);
    }

    #[test]
    fn a_file_that_comes_later_is_read_whole() {
        let log = Log::new("");
        fs::remove_file(log.path()).unwrap();
        let mut tail = Tail::from_start(&log.path());
        assert_eq!(tail.read().unwrap_err().kind(), io::ErrorKind::NotFound);
        log.append("first\n");
        assert_eq!(all(&mut tail), ["first"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_and_bytes_that_are_no_text_do_no_harm() {
        let log = Log::new("");
        let mut tail = Tail::from_end(&log.path()).unwrap();
        log.append(&"x".repeat(3 * LOG_READ_BYTES));
        log.append("\nnext\n");
        fs::OpenOptions::new().append(true).open(log.path()).unwrap().write_all(b"\xff\xfe\n").unwrap();
        assert_eq!(all(&mut tail), ["next", "\u{fffd}\u{fffd}"]);
    }
}
