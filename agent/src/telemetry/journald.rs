//! Writes to systemd's journal in its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram per entry, with named fields, so that
//! `journalctl FLUX_COMMAND_ID=…` shows the history of one command. The message repeats the fields, since plain `journalctl` shows only the message.

use super::record::Record;
use crate::limits::JOURNALD_FIELD_BYTES;
use serde_json::Value;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use tracing::Level;

const SOCKET: &str = "/run/systemd/journal/socket";

/// A connection to the journal.
pub(super) struct Journald {
    socket: UnixDatagram,
}

impl Journald {
    /// Connects if stderr of this process is the journal: then `$JOURNAL_STREAM` names that stream as `device:inode`.
    pub(super) fn when_attached() -> Option<Journald> {
        let named = std::env::var("JOURNAL_STREAM").ok()?;
        let stderr = File::from(io::stderr().as_fd().try_clone_to_owned().ok()?).metadata().ok()?;
        if named != format!("{}:{}", stderr.dev(), stderr.ino()) {
            return None;
        }
        let socket = UnixDatagram::unbound().ok()?;
        socket.connect(SOCKET).ok()?;
        Some(Journald { socket })
    }

    pub(super) fn write(&self, record: &Record) -> io::Result<()> {
        self.socket.send(&entry(record)).map(drop)
    }
}

fn entry(record: &Record) -> Vec<u8> {
    let mut entry = Vec::new();
    put(&mut entry, "MESSAGE", &record.summary());
    put(&mut entry, "PRIORITY", priority(record.level));
    put(&mut entry, "SYSLOG_IDENTIFIER", "flux-agent");
    for (name, value) in &record.fields {
        let name = format!("FLUX_{}", name.to_ascii_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        match value {
            Value::String(text) => put(&mut entry, &name, text),
            other => put(&mut entry, &name, &other.to_string()),
        }
    }
    entry
}

/// Writes a field with the length before the value, so that the value may contain line breaks.
fn put(entry: &mut Vec<u8>, name: &str, value: &str) {
    let value = &value.as_bytes()[..value.len().min(JOURNALD_FIELD_BYTES)];
    entry.extend_from_slice(name.as_bytes());
    entry.push(b'\n');
    entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
    entry.extend_from_slice(value);
    entry.push(b'\n');
}

/// The level as a syslog priority.
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        Level::DEBUG | Level::TRACE => "7",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_is_written_as_name_length_and_value() {
        let mut entry = Vec::new();
        put(&mut entry, "FLUX_ANSWER", "a\nb");
        assert_eq!(entry, b"FLUX_ANSWER\n\x03\0\0\0\0\0\0\0a\nb\n");
    }
}
