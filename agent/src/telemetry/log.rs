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
    /// From now on, lines from this level on are written.
    pub fn set(&self, level: Level) {
        // The only error is that the log is gone, with the process.
        let _ = self.0.reload(targets(level));
    }
}

/// Sends log lines to stderr, or to systemd's journal where that is what stderr is.
pub fn start(log: &Log) -> Levels {
    let (targets, handle) = reload::Layer::new(targets(log.level));
    // A second start in one process (tests) keeps the first.
    let _ = tracing_subscriber::registry().with(Lines::of(log.format).with_filter(targets)).try_init();
    Levels(handle)
}

/// Other crates' own lines come from `warn` on: what they say below that is for their developers.
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
                // The journal restarts, say: its other way in is stderr.
                Err(_) => record.summary(),
            },
            Lines::Text { colour } => record.text(*colour),
            Lines::Json => record.json(),
        };
        // A log that cannot be written has nowhere to say so.
        let _ = io::stderr().lock().write_all((line + "\n").as_bytes());
    }
}
