use flux_config::Section;
use flux_terminal::log::{FORMATS, LEVELS, LogFormat};
use tracing::Level;

/// The `log` section. Logs go to stderr, or to systemd's journal.
#[derive(Debug, Clone, Copy)]
pub struct Log {
    /// The least level.
    pub level: Level,
    /// The form.
    pub format: LogFormat,
}

impl Log {
    pub(super) fn read(mut log: Section<'_>) -> Log {
        let level = log.choice("level", &LEVELS, Level::INFO);
        let format = log.choice("format", &FORMATS, LogFormat::Auto);
        log.finish();
        Log { level, format }
    }
}
