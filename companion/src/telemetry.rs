//! Logs: one line an event to stderr, the message constant, values as fields with dotted names.

use crate::config::{Format, Log};
use std::io::{IsTerminal, stderr};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

/// Starts logging; a second call changes nothing.
pub(crate) fn start(log: Log) {
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
    // It fails only where a logger is set already: in tests.
    let _ = registry().with(layer.with_filter(LevelFilter::from_level(log.level))).try_init();
}
