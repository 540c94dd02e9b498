use flux_config::Section;
use std::path::PathBuf;
use std::time::Duration;

/// `presence`: detection of online players.
#[derive(Debug, Clone)]
pub struct Presence {
    /// `interval` between player lists while a job waits for a player.
    pub interval: Duration,
    /// `join_delay`: wait between a player's join and their commands.
    pub join_delay: Duration,
    /// `log_file`: the game's `logs/latest.log`; `None` if the agent does not follow it.
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
