//! Sends log events to stderr or to systemd's journal, from a level that can change while the daemon runs.

use super::journald::Journald;
use super::record::Record;
use crate::config::{Level, Log, LogFormat};
use flux_platform::{Clock, SystemClock};
use std::io::{self, IsTerminal, Write};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, reload};

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
pub fn start(log: &Log) -> Levels {
    let (targets, handle) = reload::Layer::new(targets(log.level));
    // A second start in one process (in tests) keeps the first subscriber.
    let _ = tracing_subscriber::registry().with(Lines::of(log.format).with_filter(targets)).try_init();
    Levels(handle)
}

/// Other crates log from `warn` on; their lower levels serve their developers.
fn targets(level: Level) -> Targets {
    let own = LevelFilter::from_level(level);
    let others = own.min(LevelFilter::WARN);
    Targets::new().with_default(others).with_targets([("flux_agent", own), ("flux_signalr", own), ("flux_rcon", own)])
}

/// Writes each event as one line or one entry.
enum Lines {
    Journald(Journald),
    Text { colour: bool },
    Json,
}

impl Lines {
    fn of(format: LogFormat) -> Lines {
        let text = || Lines::Text { colour: io::stderr().is_terminal() };
        match format {
            LogFormat::Json => Lines::Json,
            LogFormat::Text => text(),
            LogFormat::Auto => Journald::when_attached().map_or_else(text, Lines::Journald),
        }
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let record = Record::of(event, SystemClock.now());
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
