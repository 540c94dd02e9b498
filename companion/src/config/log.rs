//! The `log` section: level and format.

use flux_config::Section;
use tracing::Level;

/// The `log` section. Logs go to stderr.
#[derive(Debug, Clone, Copy)]
pub struct Log {
    /// The lowest level that is logged.
    pub level: Level,
    /// The format.
    pub format: Format,
}

/// The format of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Text,
    /// For machines.
    Json,
}

const LEVELS: [(&str, Level); 5] = [
    ("error", Level::ERROR),
    ("warn", Level::WARN),
    ("info", Level::INFO),
    ("debug", Level::DEBUG),
    ("trace", Level::TRACE),
];

impl Log {
    pub(super) fn read(mut log: Section<'_>) -> Log {
        let level = log.choice("level", &LEVELS, Level::INFO);
        let formats = [("auto", Format::Auto), ("text", Format::Text), ("json", Format::Json)];
        let format = log.choice("format", &formats, Format::Auto);
        log.finish();
        Log { level, format }
    }
}
