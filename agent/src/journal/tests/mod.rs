//! Behaviour of the journal against the delivery rules; `files.rs` covers damaged and foreign files.

mod files;

use super::{Intent, Journal, JournalError, Note, Wake};
use flux_delivery::OnlinePlayer;
use flux_delivery::answer::Verdict;
use flux_delivery::job::{JobOutcome, JobState};
use flux_delivery::marker::MarkerKey;
use flux_platform::SystemEntropy;
use flux_protocol::{
    Attempt, Command, CommandId, CommandKind, PlayerRef, ReportState, Revocation, ServerId, WaitReason,
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
    journal.unreported(500).unwrap().into_iter().map(|item| (item.report.id.to_string(), item.report.state)).collect()
}

fn acknowledge_all(journal: &mut Journal) {
    let pending = journal.unreported(500).unwrap();
    journal.acknowledge(&pending, NOW).unwrap();
}

fn later(seconds: i64) -> Timestamp {
    NOW + SignedDuration::from_secs(seconds)
}

#[test]
fn deliveries_survive_a_restart_in_order() {
    let directory = TempDir::new().unwrap();
    let (first_id, wanted) = {
        let mut journal = open(directory.path());
        journal.deliver(&[command(2, "Steve"), command(1, "Alex")], NOW).unwrap();
        (journal.id().clone(), journal.job(&id(1)).unwrap().unwrap().command)
    };
    let mut journal = open(directory.path());
    assert_eq!(*journal.id(), first_id);
    assert_eq!(journal.job(&id(1)).unwrap().unwrap().command, wanted);
    acknowledge_all(&mut journal);
    assert_eq!(journal.next_ready().unwrap().unwrap().id, id(1), "the lowest sequence first");
}

/// Rule 8.
#[test]
fn jobs_of_an_earlier_run_are_held_until_acknowledged_or_released() {
    let directory = TempDir::new().unwrap();
    open(directory.path()).deliver(&[command(1, "Steve"), command(2, "Steve")], NOW).unwrap();
    let mut journal = open(directory.path());
    assert!(journal.next_ready().unwrap().is_none());
    assert_eq!(states(&journal).len(), 2, "every open row is reported anew");
    journal.deliver(&[command(3, "Steve"), command(4, "Alex")], NOW).unwrap();
    assert_eq!(
        journal.next_ready().unwrap().unwrap().id,
        id(4),
        "new ones run, but none overtakes its player's older ones"
    );
    assert_eq!(journal.release_startup_hold().unwrap(), 2);
    assert_eq!(journal.next_ready().unwrap().unwrap().id, id(1));
}

#[test]
fn a_line_found_running_at_start_is_uncertain() {
    let directory = TempDir::new().unwrap();
    {
        let mut journal = open(directory.path());
        journal.deliver(&[command(1, "Steve")], NOW).unwrap();
        let decided_on = journal.job(&id(1)).unwrap().unwrap().job;
        assert!(
            journal
                .record_intent(
                    &id(1),
                    decided_on,
                    NOW,
                    &Intent { line: "give Steve diamond", marker: Some(&mark()), clock: None }
                )
                .unwrap()
        );
    }
    let journal = open(directory.path());
    let row = &journal.uncertain(10).unwrap()[0];
    assert_eq!(
        (row.job.state, row.line.as_deref(), row.has_marker),
        (JobState::Uncertain, Some("give Steve diamond"), true)
    );
    assert_eq!(states(&journal), [("cmd_1".into(), ReportState::Delivered)]);
}

#[test]
fn a_clock_that_was_set_back_holds_nothing_up() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    let later = NOW + jiff::SignedDuration::from_hours(1);
    journal.deliver(&[command(1, "Steve"), command(2, "Steve")], later).unwrap();
    let decided_on = journal.job(&id(1)).unwrap().unwrap().job;
    journal.reschedule(&id(1), decided_on, Wake::At(later)).unwrap();
    assert_eq!(journal.next_ready().unwrap().unwrap().id, id(2), "the first one waits");
    journal.reset_wake_times(NOW).unwrap();
    let first = journal.next_ready().unwrap().unwrap();
    assert_eq!((first.id, first.received_at), (id(1), NOW), "it is looked at, and was not received in the future");
    journal.reschedule(&id(1), decided_on, Wake::At(later)).unwrap();
    drop(journal);
    let mut journal = open(directory.path());
    journal.release_startup_hold().unwrap();
    assert_eq!(journal.next_ready().unwrap().unwrap().id, id(1), "also where it was set back while the agent was down");
}

/// Rule 1.
#[test]
fn repeated_delivery_is_reported_again_but_not_run_again() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    journal
        .transition(&id(1), NOW, Note::new("completed", None), Wake::Now, |job| {
            Some(job.started().answered(Verdict::Completed))
        })
        .unwrap();
    acknowledge_all(&mut journal);
    assert!(states(&journal).is_empty());
    for attempt in [1, 2] {
        journal.deliver(&[Command { attempt: Attempt::new(attempt).unwrap(), ..command(1, "Steve") }], NOW).unwrap();
        assert_eq!(states(&journal), [("cmd_1".into(), ReportState::Completed)]);
        assert!(journal.next_ready().unwrap().is_none());
    }
}

/// Rule 2.
#[test]
fn receipt_is_reported_at_each_offer() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    for offer in ["the first", "another"] {
        journal.deliver(&[command(1, "Steve")], NOW).unwrap();
        assert_eq!(states(&journal), [("cmd_1".into(), ReportState::Delivered)], "{offer}");
        acknowledge_all(&mut journal);
        assert!(states(&journal).is_empty());
    }
}

/// Rule 3.
#[test]
fn closing_report_survives_restarts_until_acknowledged() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    let completes = |job: flux_delivery::job::Job| Some(job.started().answered(Verdict::Completed));
    journal.transition(&id(1), NOW, Note::new("completed", None), Wake::Now, completes).unwrap();
    for _ in 0..2 {
        drop(journal);
        journal = open(directory.path());
        assert_eq!(states(&journal), [("cmd_1".into(), ReportState::Completed)]);
    }
    acknowledge_all(&mut journal);
    drop(journal);
    assert!(states(&open(directory.path())).is_empty(), "it is reported once");
}

/// Rule 3.
#[test]
fn acknowledgement_covers_only_the_reported_state() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    let reported = journal.unreported(500).unwrap();
    journal
        .transition(&id(1), NOW, Note::new("awaiting_player", None), Wake::OnJoin, |job| {
            Some(job.awaiting_player(WaitReason::PlayerOffline))
        })
        .unwrap();
    journal.acknowledge(&reported, NOW).unwrap();
    assert_eq!(states(&journal), [("cmd_1".into(), ReportState::AwaitingPlayer(WaitReason::PlayerOffline))]);
}

/// Rule 4.
#[test]
fn job_awaiting_its_player_has_no_deadline_and_keeps_its_attempt() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    let years_later = NOW + SignedDuration::from_hours(24 * 3_650);
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    for _ in 0..10 {
        let waits = |job: flux_delivery::job::Job| Some(job.awaiting_player(WaitReason::PlayerOffline));
        journal.transition(&id(1), NOW, Note::new("awaiting_player", None), Wake::OnJoin, waits).unwrap();
        let steve = OnlinePlayer { name: "Steve".into(), uuid: None };
        journal.wake_joined(&[steve], NOW).unwrap();
        journal.wake_due(years_later).unwrap();
        assert_eq!(journal.next_ready().unwrap().unwrap().job.attempt, Attempt::FIRST);
    }
    assert!(journal.expired(years_later, 10).unwrap().is_empty());
    journal.prune(years_later).unwrap();
    assert!(journal.job(&id(1)).unwrap().unwrap().command.is_some(), "nothing of it is pruned");
}

/// Rule 6.
#[test]
fn revocation_of_an_unknown_command_stops_a_late_delivery() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.revoke(&[Revocation { id: id(1), attempt: Attempt::FIRST, redelivered: false }], NOW).unwrap();
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    assert!(journal.next_ready().unwrap().is_none());
    assert_eq!(states(&journal), [("cmd_1".into(), ReportState::Cancelled)]);
}

#[test]
fn waiting_job_is_woken_only_by_its_own_players_join() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve"), command(2, "Alex")], NOW).unwrap();
    for number in [1, 2] {
        journal
            .transition(&id(number), NOW, Note::new("awaiting_player", None), Wake::OnJoin, |job| {
                Some(job.awaiting_player(WaitReason::PlayerOffline))
            })
            .unwrap();
    }
    assert!(journal.has_awaiting_player().unwrap() && journal.next_ready().unwrap().is_none());
    let steve = OnlinePlayer { name: "STEVE".into(), uuid: None };
    assert_eq!(journal.wake_joined(&[steve], later(2)).unwrap(), 1);
    assert_eq!(journal.wake_due(later(1)).unwrap(), 0, "the join delay");
    assert_eq!(journal.next_wake().unwrap(), Some(later(2)));
    assert_eq!(journal.wake_due(later(2)).unwrap(), 1);
    assert_eq!(journal.next_ready().unwrap().unwrap().id, id(1));
}

/// Rule 7.
#[test]
fn higher_attempt_of_a_failed_job_runs_and_keeps_the_receipt() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    journal
        .transition(&id(1), NOW, Note::new("rejected", None), Wake::Now, |job| {
            Some(job.started().answered(Verdict::Rejected))
        })
        .unwrap();
    journal.deliver(&[Command { attempt: Attempt::FIRST.next(), ..command(1, "Steve") }], later(30)).unwrap();
    let row = journal.next_ready().unwrap().unwrap();
    assert_eq!((row.job.attempt.get(), row.received_at), (2, NOW));
}

#[test]
fn pruning_keeps_the_memory_of_finished_commands() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve"), command(2, "Steve")], NOW).unwrap();
    for number in [1, 2] {
        journal
            .transition(&id(number), NOW, Note::new("completed", None), Wake::Now, |job| {
                Some(job.started().answered(Verdict::Completed))
            })
            .unwrap();
    }
    let first = &journal.unreported(1).unwrap();
    journal.acknowledge(first, NOW).unwrap();
    assert_eq!(journal.prune(later(1)).unwrap(), 1, "what is not acknowledged stays whole");
    let row = journal.job(&id(1)).unwrap().unwrap();
    assert_eq!((row.command, row.job.state), (None, JobState::Done(JobOutcome::Completed)));
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    assert!(journal.next_ready().unwrap().is_none());
}

/// Rule 9.
#[test]
fn commands_offered_to_another_journal_are_settled_first() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[Command { redelivered: true, ..command(1, "Steve") }], NOW).unwrap();
    assert!(journal.next_ready().unwrap().is_none());
    let row = &journal.uncertain(10).unwrap()[0];
    assert_eq!((&row.id, row.job.state, row.line.as_deref()), (&id(1), JobState::Uncertain, None));
}

#[test]
fn a_change_of_an_unknown_job_is_none() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    assert_eq!(
        journal.transition(&id(9), NOW, Note::new("x", None), Wake::Now, |job| Some(job.dropped())).unwrap(),
        None
    );
}

#[test]
fn revocation_after_the_decision_stops_send_and_change() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    let decided_on = journal.next_ready().unwrap().unwrap().job;
    journal.revoke(&[Revocation { id: id(1), attempt: Attempt::FIRST, redelivered: false }], NOW).unwrap();
    assert!(
        !journal
            .record_intent(
                &id(1),
                decided_on,
                NOW,
                &Intent { line: "give Steve diamond", marker: Some(&mark()), clock: None }
            )
            .unwrap()
    );
    journal.reschedule(&id(1), decided_on, Wake::At(NOW)).unwrap();
    let waits =
        |job: flux_delivery::job::Job| (job == decided_on).then(|| job.awaiting_player(WaitReason::PlayerOffline));
    assert_eq!(journal.transition(&id(1), NOW, Note::new("awaiting_player", None), Wake::OnJoin, waits).unwrap(), None);
    assert_eq!(journal.wake_due(later(1)).unwrap(), 0);
    assert!(journal.next_ready().unwrap().is_none());
    assert_eq!(states(&journal), [("cmd_1".into(), ReportState::Cancelled)]);
}

#[test]
fn higher_attempt_after_the_decision_stops_the_send() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    let decided_on = journal.next_ready().unwrap().unwrap().job;
    journal.deliver(&[Command { attempt: Attempt::FIRST.next(), ..command(1, "Steve") }], NOW).unwrap();
    assert!(
        !journal
            .record_intent(&id(1), decided_on, NOW, &Intent { line: "x", marker: Some(&mark()), clock: None })
            .unwrap(),
        "its mark would be another attempt's"
    );
    assert_eq!(journal.next_ready().unwrap().unwrap().job.attempt.get(), 2);
}

/// Rule 7.
#[test]
fn expired_jobs_are_found_after_a_restart() {
    let directory = TempDir::new().unwrap();
    open(directory.path())
        .deliver(&[Command { expires_at: Some(later(10)), ..command(1, "Steve") }, command(2, "Steve")], NOW)
        .unwrap();
    let journal = open(directory.path());
    assert!(journal.expired(later(9), 10).unwrap().is_empty());
    let ids: Vec<_> = journal.expired(later(10), 10).unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(ids, [id(1)]);
}

#[test]
fn markers_of_all_sends_are_kept_up_to_the_limit_until_removed() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    let mut send = |number: u32| {
        let decided_on = journal.job(&id(1)).unwrap().unwrap().job;
        let mark = MarkerKey::for_send(&id(1), Attempt::FIRST, number);
        let intent = Intent { line: "give Steve diamond", marker: Some(&mark), clock: None };
        assert!(journal.record_intent(&id(1), decided_on, NOW, &intent).unwrap());
        let away = |job: flux_delivery::job::Job| Some(job.answered(Verdict::PlayerAway));
        journal.transition(&id(1), NOW, Note::new("player_away", None), Wake::Now, away).unwrap();
        journal.job(&id(1)).unwrap().unwrap().markers.iter().map(MarkerKey::to_string).collect::<Vec<_>>()
    };
    assert_eq!(send(1), ["cmd_1_1"]);
    assert_eq!(send(2), ["cmd_1_1", "cmd_1_1-2"]);
    let last = (3..100).map(&mut send).last().unwrap();
    assert_eq!((last.len(), last[0].as_str(), last[15].as_str()), (16, "cmd_1_1-84", "cmd_1_1-99"));
    journal.transition(&id(1), NOW, Note::new("x", None), Wake::Now, |job| Some(job.dropped())).unwrap();
    assert!(journal.leftover_markers(10).unwrap().is_empty(), "the store does not know yet that it is over");
    acknowledge_all(&mut journal);
    assert_eq!(journal.leftover_markers(10).unwrap()[0].id, id(1));
    journal.clear_markers(&[id(1)]).unwrap();
    assert!(journal.leftover_markers(10).unwrap().is_empty());
}

#[test]
fn job_counts_follow_state_changes() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    let counts = |journal: &Journal| journal.counts().unwrap().into_iter().collect::<Vec<_>>();
    assert_eq!(counts(&journal), []);
    journal.deliver(&[command(1, "Steve"), command(2, "Alex"), command(3, "Kim")], NOW).unwrap();
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    journal.revoke(&[Revocation { id: id(2), attempt: Attempt::FIRST, redelivered: false }], NOW).unwrap();
    journal.revoke(&[Revocation { id: id(9), attempt: Attempt::FIRST, redelivered: false }], NOW).unwrap();
    let wait = |job: flux_delivery::job::Job| Some(job.awaiting_player(WaitReason::PlayerOffline));
    journal.transition(&id(3), NOW, Note::new("awaiting_player", None), Wake::OnJoin, wait).unwrap();
    drop(journal);
    let journal = open(directory.path());
    let expected = [("awaiting_player", 1), ("cancelled", 2), ("queued", 1)];
    assert_eq!(counts(&journal), expected.map(|(state, count)| (state.to_owned(), count)));
}

/// Rule 3.
#[test]
fn returning_state_is_reported_again() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    let waiting = ("cmd_1".to_owned(), ReportState::AwaitingPlayer(WaitReason::PlayerOffline));
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    let waits = |journal: &mut Journal| {
        journal
            .transition(&id(1), NOW, Note::new("awaiting_player", None), Wake::OnJoin, |job| {
                Some(job.awaiting_player(WaitReason::PlayerOffline))
            })
            .unwrap();
    };
    waits(&mut journal);
    acknowledge_all(&mut journal);
    journal.transition(&id(1), NOW, Note::new("tried again", None), Wake::Now, |job| Some(job.requeued())).unwrap();
    let reported = journal.unreported(500).unwrap();
    waits(&mut journal);
    journal.acknowledge(&reported, NOW).unwrap();
    assert_eq!(states(&journal), [waiting], "the store shows `delivered` by now");
}
