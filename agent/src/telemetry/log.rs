use crate::config::{Log, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// Sends log lines to stderr. Other crates' own lines come from `warn` on: what they say below that is for their developers.
pub fn start(log: &Log) {
    let own = LevelFilter::from_level(log.level);
    let others = own.min(LevelFilter::WARN);
    let targets = Targets::new().with_default(others).with_targets([
        ("flux_agent", own),
        ("flux_signalr", own),
        ("flux_rcon", own),
    ]);
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
    let lines = match log.format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
    };
    // A second start in one process (tests) keeps the first.
    let _ = tracing_subscriber::registry().with(lines.with_filter(targets)).try_init();
}
