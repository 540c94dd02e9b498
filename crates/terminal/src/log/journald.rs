//! Writes to systemd's journal in its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram per entry, with named fields, so that
//! `journalctl FLUX_COMMAND_ID=…` shows the history of one command. The message repeats the fields, since plain `journalctl` shows only the message.

use super::record::Record;
use crate::escape::escape_lines;
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
    program: &'static str,
}

impl Journald {
    /// Connects if stderr of this process is the journal: then `$JOURNAL_STREAM` names that stream as `device:inode`.
    pub(super) fn when_attached(program: &'static str) -> Option<Journald> {
        let named = std::env::var("JOURNAL_STREAM").ok()?;
        let stderr = File::from(io::stderr().as_fd().try_clone_to_owned().ok()?).metadata().ok()?;
        if named != format!("{}:{}", stderr.dev(), stderr.ino()) {
            return None;
        }
        let socket = UnixDatagram::unbound().ok()?;
        socket.connect(SOCKET).ok()?;
        Some(Journald { socket, program })
    }

    pub(super) fn write(&self, record: &Record) -> io::Result<()> {
        self.socket.send(&entry(record, self.program)).map(drop)
    }
}

fn entry(record: &Record, program: &str) -> Vec<u8> {
    let mut entry = Vec::new();
    put(&mut entry, "MESSAGE", &record.summary());
    put(&mut entry, "PRIORITY", priority(record.level));
    put(&mut entry, "SYSLOG_IDENTIFIER", program);
    for (name, value) in &record.fields {
        let name = format!("FLUX_{}", name.to_ascii_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        match value {
            Value::String(text) => put(&mut entry, &name, &escape_lines(text)),
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
    use tracing::Event;
    use tracing::span::{Attributes, Id};
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::{Context, SubscriberExt};
    use tracing_subscriber::registry::LookupSpan;

    #[test]
    fn event_and_its_spans_become_one_entry_with_fields() {
        let (entries, seen) = std::sync::mpsc::sync_channel(1);
        let subscriber = tracing_subscriber::registry().with(Entries(entries));
        tracing::subscriber::with_default(subscriber, || {
            let _span = tracing::error_span!("request", request.id = "req_1").entered();
            tracing::warn!(command.id = "cmd_1", attempt = 2, "command made");
        });
        let entry = String::from_utf8(seen.recv().unwrap()).unwrap();
        let has = |name: &str, value: &str| {
            let mut field = Vec::new();
            put(&mut field, name, value);
            assert!(entry.contains(std::str::from_utf8(&field).unwrap()), "{name}: {entry:?}");
        };
        has("MESSAGE", "command made command.id=cmd_1 attempt=2 request.id=req_1");
        has("PRIORITY", "4");
        has("SYSLOG_IDENTIFIER", "flux-companion");
        has("FLUX_COMMAND_ID", "cmd_1");
        has("FLUX_ATTEMPT", "2");
        has("FLUX_REQUEST_ID", "req_1");
    }

    /// Sends each event as an entry, as the layer of the programs does.
    struct Entries(std::sync::mpsc::SyncSender<Vec<u8>>);

    impl<S: tracing::Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Entries {
        fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
            crate::log::keep_fields(attributes, id, &context);
        }

        fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
            self.0.send(entry(&crate::log::record(event, &context), "flux-companion")).unwrap();
        }
    }

    #[test]
    fn field_is_written_as_name_length_and_value() {
        let mut entry = Vec::new();
        put(&mut entry, "FLUX_ANSWER", "a\nb");
        assert_eq!(entry, b"FLUX_ANSWER\n\x03\0\0\0\0\0\0\0a\nb\n");
    }
}
