//! One log event with its fields, and its forms as text and JSON.

use super::field;
use crate::escape::{escape, escape_json};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::fmt::{self, Write};
use tracing::field::{Field, Visit};
use tracing::span::Attributes;
use tracing::{Event, Level};

/// A log event.
pub(super) struct Record {
    at: Timestamp,
    pub(super) level: Level,
    message: String,
    /// Fields by their dotted names, in the order of the source.
    pub(super) fields: Vec<(&'static str, Value)>,
}

/// The fields of a span.
pub(super) struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    pub(super) fn of(attributes: &Attributes<'_>) -> Fields {
        let mut record =
            Record { at: Timestamp::UNIX_EPOCH, level: Level::TRACE, message: String::new(), fields: Vec::new() };
        attributes.record(&mut record);
        Fields(record.fields)
    }
}

impl Record {
    /// Adds the fields of a span, unless the event has them itself.
    pub(super) fn add(&mut self, Fields(fields): &Fields) {
        for (name, value) in fields {
            if !self.fields.iter().any(|(known, _)| known == name) {
                self.fields.push((name, value.clone()));
            }
        }
    }

    pub(super) fn of(event: &Event<'_>, at: Timestamp) -> Record {
        let mut record = Record { at, level: *event.metadata().level(), message: String::new(), fields: Vec::new() };
        event.record(&mut record);
        record
    }

    /// Time, level, message and fields in one line, for people.
    pub(super) fn text(&self, colour: bool) -> String {
        let (on, off) = if colour { (colour_of(self.level), "\u{1b}[0m") } else { ("", "") };
        format!("{:.3} {on}{:>5}{off} {}", self.at, self.level.as_str(), self.summary())
    }

    /// Message and fields in one line. Texts of players, the game or the store are escaped: they can neither end the line nor control a terminal.
    pub(super) fn summary(&self) -> String {
        let mut line = escape(&self.message);
        for (name, value) in &self.fields {
            // Writing into a String cannot fail.
            let _ = match value {
                Value::String(text) => write!(line, " {name}={}", quoted(text)),
                other => write!(line, " {name}={other}"),
            };
        }
        line
    }

    /// Time, level, message and fields as one JSON object.
    pub(super) fn json(&self) -> String {
        let mut object = Map::new();
        object.insert("timestamp".into(), format!("{:.3}", self.at).into());
        object.insert("level".into(), self.level.as_str().into());
        object.insert("message".into(), self.message.clone().into());
        object.extend(self.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        escape_json(&Value::Object(object).to_string())
    }

    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            (name, value) => self.fields.push((name, value)),
        }
    }
}

impl Visit for Record {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, field::cut(format_args!("{value}")).into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, field::cut(format_args!("{value:?}")).into());
    }
}

/// Leaves a plain word as it is; puts other text in quotes and escapes it.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '=');
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("\"{}\"", escape(&text.replace('\\', "\\\\").replace('"', "\\\"")))
}

fn colour_of(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\u{1b}[31m",
        Level::WARN => "\u{1b}[33m",
        Level::INFO => "\u{1b}[32m",
        Level::DEBUG => "\u{1b}[34m",
        Level::TRACE => "\u{1b}[35m",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::LOG_FIELD_BYTES;
    use tracing_subscriber::layer::SubscriberExt;

    fn record(message: &str, answer: &str) -> Record {
        let fields = vec![("command.id", "cmd_1".into()), ("attempt", 1.into()), ("answer", answer.into())];
        Record { at: Timestamp::UNIX_EPOCH, level: Level::INFO, message: message.into(), fields }
    }

    #[test]
    fn line_has_time_level_message_and_fields() {
        let text = record("command answered", "Gave 1 [Diamond] to Steve").text(false);
        let expected = "1970-01-01T00:00:00.000Z  INFO command answered command.id=cmd_1 attempt=1 answer=\"Gave 1 [Diamond] to Steve\"";
        assert_eq!(text, expected);
    }

    #[test]
    fn player_text_cannot_end_a_line_or_control_a_terminal() {
        let text = record("it's \"said\"\n", "x\nERROR forged \u{1b}[2J \u{202e} \u{7}").text(false);
        assert!(text.contains("it's \"said\"\\n"), "{text}");
        assert!(text.ends_with(r#"answer="x\nERROR forged \u{1b}[2J \u{202e} \u{7}""#), "{text}");
        assert!(!text.chars().any(char::is_control), "{text}");
    }

    /// The texts of an event with a long field, as each format writes it.
    fn lines_with(long: &str) -> [String; 2] {
        let record = seen(|| tracing::warn!(text = long, shown = %long, debug = ?long, "constant"));
        [record.text(false), record.json()]
    }

    /// The record of the event that `log` makes.
    fn seen(log: impl FnOnce()) -> Record {
        struct Records(std::sync::mpsc::SyncSender<Record>);
        impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Records {
            fn on_event(&self, event: &Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
                self.0.send(Record::of(event, Timestamp::UNIX_EPOCH)).unwrap();
            }
        }
        let (records, seen) = std::sync::mpsc::sync_channel(1);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(Records(records)), log);
        seen.recv().unwrap()
    }

    #[test]
    fn no_field_is_longer_than_its_limit_in_any_format() {
        for unit in ["x", "\u{9b}", "\u{1b}", "\u{202e}", "\"", "é", "\u{1f600}", "\u{e0001}"] {
            for line in lines_with(&unit.repeat(1 << 16)) {
                assert!(line.len() < 3 * LOG_FIELD_BYTES + 150, "{unit:?}: {} bytes", line.len());
                assert_eq!(line.matches(" bytes cut)").count(), 3, "{unit:?}: {line}");
            }
        }
    }

    #[test]
    fn field_within_its_limit_is_whole() {
        for length in [0, 1, LOG_FIELD_BYTES - 100] {
            let text = "x".repeat(length);
            for line in lines_with(&text) {
                assert!(line.contains(&text) && !line.contains("cut)"), "{length}: {line}");
            }
        }
    }

    #[test]
    fn json_has_the_fields_beside_the_message() {
        let text: Value = serde_json::from_str(&record("command answered", "a\nb").json()).unwrap();
        assert_eq!((&text["level"], &text["attempt"], &text["answer"]), (&"INFO".into(), &1.into(), &"a\nb".into()));
    }
}
