use flux_config::Section;

/// `log`.
#[derive(Debug, Clone)]
pub struct Log {
    /// `level`.
    pub level: Level,
    /// `format`.
    pub format: LogFormat,
}

/// The lowest level that is logged.
pub type Level = tracing::Level;

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

pub(super) fn read(mut section: Section<'_>) -> Log {
    let levels = [
        ("error", Level::ERROR),
        ("warn", Level::WARN),
        ("info", Level::INFO),
        ("debug", Level::DEBUG),
        ("trace", Level::TRACE),
    ];
    let level = section.choice("level", &levels, Level::INFO);
    let formats = [("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)];
    let format = section.choice("format", &formats, LogFormat::Auto);
    section.finish();
    Log { level, format }
}
