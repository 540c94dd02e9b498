//! Logs: one line per event to stderr, with a constant message, and values as fields with dotted names.

use crate::config::{Format, Log};
use std::io::{IsTerminal, stderr};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt, registry, reload};

/// The lowest level that is logged, which may be changed while the program runs.
pub(crate) struct Level(reload::Handle<LevelFilter, Registry>);

impl Level {
    /// From now on.
    pub(crate) fn set(&self, level: tracing::Level) {
        // This fails only without a logger.
        let _ = self.0.reload(LevelFilter::from_level(level));
    }
}

/// Starts logging; a second call changes nothing.
pub(crate) fn start(log: Log) -> Level {
    let is_terminal = stderr().is_terminal();
    let is_json = match log.format {
        Format::Json => true,
        Format::Text => false,
        Format::Auto => !is_terminal,
    };
    let layer = if is_json {
        fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(stderr).boxed()
    } else {
        fmt::layer().with_ansi(is_terminal).with_writer(stderr).boxed()
    };
    let (level, handle) = reload::Layer::new(LevelFilter::from_level(log.level));
    // This fails only if a logger is set already, as in tests.
    let _ = registry().with(layer.with_filter(level)).try_init();
    Level(handle)
}
