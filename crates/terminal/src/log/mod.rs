//! Sends log events to stderr or to systemd's journal, from a level that can change while the program runs.

mod field;
mod journald;
mod record;

use flux_platform::{Clock, SystemClock};
use journald::Journald;
use record::{Fields, Record};
use std::io::{self, IsTerminal, Write};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, reload};

/// Format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// systemd's journal with fields if stderr is connected to it, else text.
    Auto,
    /// Text, with colour on a terminal.
    Text,
    /// One JSON object per line.
    Json,
}

/// The names of the levels in a configuration.
pub const LEVELS: [(&str, Level); 5] = [
    ("error", Level::ERROR),
    ("warn", Level::WARN),
    ("info", Level::INFO),
    ("debug", Level::DEBUG),
    ("trace", Level::TRACE),
];

/// The names of the formats in a configuration.
pub const FORMATS: [(&str, LogFormat); 3] =
    [("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)];

/// Changes the level while the daemon runs.
#[derive(Debug, Clone)]
pub struct Levels(reload::Handle<Targets, Registry>);

impl Levels {
    /// Sets the lowest level that is logged.
    pub fn set(&self, level: Level) {
        // This fails only after the subscriber is gone, which lives as long as the process.
        let _ = self.0.reload(targets(level));
    }
}

/// Starts logging to stderr, or to systemd's journal if stderr is connected to it.
///
/// `program` is the identifier in the journal.
pub fn start(program: &'static str, level: Level, format: LogFormat) -> Levels {
    let (targets, handle) = reload::Layer::new(targets(level));
    // A second start in one process (in tests) keeps the first subscriber.
    let _ = tracing_subscriber::registry().with(Lines::of(program, format).with_filter(targets)).try_init();
    Levels(handle)
}

/// Other crates log from `warn` on; their lower levels serve their developers.
fn targets(level: Level) -> Targets {
    let own = LevelFilter::from_level(level);
    let others = own.min(LevelFilter::WARN);
    Targets::new().with_default(others).with_target("flux_", own)
}

/// Writes each event as one line or one entry.
enum Lines {
    Journald(Journald),
    Text { colour: bool },
    Json,
}

impl Lines {
    fn of(program: &'static str, format: LogFormat) -> Lines {
        let text = || Lines::Text { colour: io::stderr().is_terminal() };
        match format {
            LogFormat::Json => Lines::Json,
            LogFormat::Text => text(),
            LogFormat::Auto => Journald::when_attached(program).map_or_else(text, Lines::Journald),
        }
    }
}

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        keep_fields(attributes, id, &context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let record = record(event, &context);
        let line = match self {
            Lines::Journald(journald) => match journald.write(&record) {
                Ok(()) => return,
                // The journal may be restarting; it also reads stderr.
                Err(_) => record.summary(),
            },
            Lines::Text { colour } => record.text(*colour),
            Lines::Json => record.json(),
        };
        // A failure to log cannot be logged.
        let _ = io::stderr().lock().write_all((line + "\n").as_bytes());
    }
}

/// Keeps a span's fields for the events in it.
fn keep_fields<S: Subscriber + for<'l> LookupSpan<'l>>(attributes: &Attributes<'_>, id: &Id, context: &Context<'_, S>) {
    if let Some(span) = context.span(id) {
        span.extensions_mut().insert(Fields::of(attributes));
    }
}

/// An event with its own fields and those of its spans.
fn record<S: Subscriber + for<'l> LookupSpan<'l>>(event: &Event<'_>, context: &Context<'_, S>) -> Record {
    let mut record = Record::of(event, SystemClock.now());
    for span in context.event_scope(event).into_iter().flatten() {
        if let Some(fields) = span.extensions().get::<Fields>() {
            record.add(fields);
        }
    }
    record
}
