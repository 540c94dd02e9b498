//! Tests of the journal on a temporary folder. This file has the builders that all of them share.

mod files;
mod intake;
mod reports;
mod retention;
mod room;
mod schedule;

use super::{Intent, Journal, JournalError, Note, Wake};
use flux_delivery::OnlinePlayer;
use flux_delivery::answer::Verdict;
use flux_delivery::job::{JobOutcome, JobState};
use flux_delivery::marker::MarkerKey;
use flux_platform::SystemEntropy;
use flux_protocol::{
    Attempt, Command, CommandId, CommandKind, FailReason, PlayerRef, ReportState, Revocation, ServerId, Settled,
    WaitReason,
};
use jiff::{SignedDuration, Timestamp};
use std::path::Path;
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn server() -> ServerId {
    "srv_abcdefghij12".parse().unwrap()
}

fn open(directory: &Path) -> Journal {
    Journal::open(directory, &server(), &SystemEntropy, NOW).unwrap()
}

fn id(number: u64) -> CommandId {
    format!("cmd_{number}").parse().unwrap()
}

fn command(number: u64, player: &str) -> Command {
    Command {
        id: id(number),
        attempt: Attempt::FIRST,
        order_id: None,
        kind: CommandKind::Purchase,
        player: Some(PlayerRef { name: player.into(), uuid: None }),
        command: "give {player} diamond".into(),
        values: Default::default(),
        require_online: true,
        delay_seconds: None,
        required_slots: None,
        expires_at: None,
        sequence: number,
        redelivered: false,
    }
}

fn mark() -> MarkerKey {
    MarkerKey::for_send(&id(1), Attempt::FIRST, 1)
}

fn states(journal: &Journal) -> Vec<(String, ReportState)> {
    journal
        .unreported(500)
        .unwrap()
        .reports
        .into_iter()
        .map(|item| (item.report.id.to_string(), item.report.state))
        .collect()
}

fn acknowledge_all(journal: &mut Journal) {
    let pending = journal.unreported(500).unwrap().reports;
    journal.acknowledge(&pending, NOW).unwrap();
}

fn later(seconds: i64) -> Timestamp {
    NOW + SignedDuration::from_secs(seconds)
}
