use flux_config::Section;
use std::path::PathBuf;
use std::time::Duration;

/// `presence`: how the agent learns who is online.
#[derive(Debug, Clone)]
pub struct Presence {
    /// `interval`: how often the game is asked while somebody waits.
    pub interval: Duration,
    /// `join_delay`: how long after a join a player's commands run.
    pub join_delay: Duration,
    /// `log_file`: the game's `logs/latest.log`, where it may be followed.
    pub log_file: Option<PathBuf>,
}

pub(super) fn read(mut section: Section<'_>) -> Presence {
    let interval =
        section.duration("interval", Duration::from_secs(1)..=Duration::from_secs(60), Duration::from_secs(5));
    let join_delay = section.duration("join_delay", Duration::ZERO..=Duration::from_secs(60), Duration::from_secs(2));
    let log_file = section.path("log_file");
    section.finish();
    Presence { interval, join_delay, log_file }
}
