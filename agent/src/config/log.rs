use flux_config::Section;
use flux_terminal::log::{FORMATS, LEVELS};

/// `log`.
#[derive(Debug, Clone)]
pub struct Log {
    /// `level`.
    pub level: Level,
    /// `format`.
    pub format: LogFormat,
}

pub use flux_terminal::log::LogFormat;

/// The lowest level that is logged.
pub type Level = tracing::Level;

pub(super) fn read(mut section: Section<'_>) -> Log {
    let level = section.choice("level", &LEVELS, Level::INFO);
    let format = section.choice("format", &FORMATS, LogFormat::Auto);
    section.finish();
    Log { level, format }
}
