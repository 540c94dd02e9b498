//! Reports to the store: each state is reported until the store has acknowledged it.

use super::*;
use crate::journal::Expired;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    let reported = journal.unreported(500).unwrap().reports;
    journal
        .transition(&id(1), NOW, Note::new("awaiting_player", None), Wake::OnJoin, |job| {
            Some(job.awaiting_player(WaitReason::PlayerOffline))
        })
        .unwrap();
    journal.acknowledge(&reported, NOW).unwrap();
    assert_eq!(states(&journal), [("cmd_1".into(), ReportState::AwaitingPlayer(WaitReason::PlayerOffline))]);
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
    let reported = journal.unreported(500).unwrap().reports;
    waits(&mut journal);
    journal.acknowledge(&reported, NOW).unwrap();
    assert_eq!(states(&journal), [waiting], "the store shows `delivered` by now");
}

/// A changed obstacle is a changed state: the store hears of it.
#[test]
fn obstacle_is_reported_and_ends_with_the_wait() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    let wait = |journal: &mut Journal, obstacle: Option<&str>| {
        let note = Note::new("awaiting_player", None).with_obstacle(obstacle);
        let rule = |job: flux_delivery::job::Job| Some(job.awaiting_player(WaitReason::InventoryFull));
        journal.transition(&id(1), NOW, note, Wake::Now, rule).unwrap();
        let outputs =
            journal.unreported(500).unwrap().reports.into_iter().map(|item| item.report.output).collect::<Vec<_>>();
        acknowledge_all(journal);
        outputs
    };
    let unreadable = Some("the inventory of Steve cannot be read");
    assert_eq!(wait(&mut journal, unreadable), [unreadable.map(str::to_owned)]);
    assert_eq!(wait(&mut journal, unreadable), []);
    assert_eq!(wait(&mut journal, None), [None]);
    wait(&mut journal, unreadable);
    let row = journal.job(&id(1)).unwrap().unwrap();
    assert_eq!(row.obstacle.as_deref(), unreadable);
    let intent = Intent { line: "give Steve diamond", marker: None, clock: None };
    assert!(journal.record_intent(&id(1), row.job, NOW, &intent).unwrap());
    assert_eq!(journal.job(&id(1)).unwrap().unwrap().obstacle, None);
}

/// Old reports that the store never acknowledges hold up no new one.
#[test]
fn what_was_never_sent_goes_before_what_was_sent() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve"), command(2, "Steve")], NOW).unwrap();
    let sent: Vec<String> = states(&journal).into_iter().map(|(id, _)| id).collect();
    assert!(!journal.put_behind(sent.iter().map(String::as_str), later(1)).unwrap(), "nothing else is left");
    journal.deliver(&[command(3, "Steve")], later(2)).unwrap();
    assert!(journal.put_behind([], later(2)).unwrap(), "a new one is");
    let ids = |journal: &Journal| states(journal).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids(&journal), ["cmd_3", "cmd_1", "cmd_2"]);
    journal.put_behind(["cmd_3", "cmd_1"], later(3)).unwrap();
    assert_eq!(ids(&journal)[0], "cmd_2", "then the one that waits longest");
}

/// A store that offers old commands again and again does not bring their reports before new ones.
#[test]
fn repeated_delivery_does_not_pass_a_new_report() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    acknowledge_all(&mut journal);
    journal.deliver(&[command(2, "Steve")], later(1)).unwrap();
    journal.deliver(&[command(1, "Steve")], later(2)).unwrap();
    assert_eq!(states(&journal).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), ["cmd_2", "cmd_1"]);
}

#[test]
fn changed_state_counts_as_never_sent() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve"), command(2, "Steve")], NOW).unwrap();
    journal.put_behind(["cmd_1", "cmd_2"], later(1)).unwrap();
    let waits = |job: flux_delivery::job::Job| Some(job.awaiting_player(WaitReason::PlayerOffline));
    journal.transition(&id(2), later(2), Note::new("awaiting_player", None), Wake::OnJoin, waits).unwrap();
    assert_eq!(states(&journal)[0].0, "cmd_2");
}

#[test]
fn unreadable_row_does_not_stop_the_other_reports() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve"), command(2, "Steve")], NOW).unwrap();
    journal.connection.execute("UPDATE job SET report_key = 'one odd key' WHERE id = 'cmd_1'", []).unwrap();
    let found = journal.unreported(500).unwrap();
    assert_eq!(found.reports.len(), 1);
    assert_eq!(found.unreadable, [("cmd_1".to_owned(), "report key one odd key".to_owned())]);
}

#[test]
fn many_jobs_expire_in_one_commit() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve"), command(2, "Steve"), command(3, "Steve")], NOW).unwrap();
    let rows: Vec<_> = [1, 2, 3].map(|number| journal.job(&id(number)).unwrap().unwrap()).into();
    let waits = |job: flux_delivery::job::Job| Some(job.awaiting_player(WaitReason::PlayerOffline));
    journal.transition(&id(2), NOW, Note::new("awaiting_player", None), Wake::OnJoin, waits).unwrap();
    let decided: Vec<_> = rows.iter().map(|row| Expired { id: &row.id, decided_on: row.job }).collect();
    let commits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&commits);
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        false
    };
    journal.connection.commit_hook(Some(count)).unwrap();
    let expired = journal.expire(&decided, later(1)).unwrap();
    assert_eq!(expired, [id(1), id(3)], "the second has changed since");
    assert_eq!(commits.load(Ordering::Relaxed), 1);
}

/// Rule 8: the store's word comes before its acknowledgement, which would let the row run.
#[test]
fn row_that_the_store_shows_as_completed_does_not_run() {
    let directory = TempDir::new().unwrap();
    open(directory.path()).deliver(&[command(1, "Steve")], NOW).unwrap();
    let mut journal = open(directory.path());
    let reported = journal.unreported(500).unwrap().reports;
    let completed = Settled { id: id(1), attempt: Attempt::FIRST, state: ReportState::Completed };
    let changed = journal.settle(std::slice::from_ref(&completed), NOW).unwrap();
    assert_eq!(changed.len(), 1);
    journal.acknowledge(&reported, NOW).unwrap();
    assert!(journal.next_ready().unwrap().is_none());
    assert!(states(&journal).is_empty(), "the store knows it");
    assert_eq!(journal.details(&id(1)).unwrap().unwrap().history.last().unwrap().event, "settled_by_store");
    assert!(journal.settle(&[completed], NOW).unwrap().is_empty(), "repeated");
}

/// Rule 8.
#[test]
fn failure_at_the_store_closes_only_rows_of_an_earlier_start() {
    let directory = TempDir::new().unwrap();
    open(directory.path()).deliver(&[command(1, "Steve")], NOW).unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(2, "Alex")], NOW).unwrap();
    let failed = |number| Settled {
        id: id(number),
        attempt: Attempt::FIRST.next(),
        state: ReportState::Failed(FailReason::RejectedByGame),
    };
    let changed = journal.settle(&[failed(1), failed(2), failed(3)], NOW).unwrap();
    assert_eq!(changed.iter().map(|item| item.id.clone()).collect::<Vec<_>>(), [id(1)]);
    assert_eq!(journal.job(&id(1)).unwrap().unwrap().job.attempt, Attempt::FIRST.next());
    assert_eq!(states(&journal), [("cmd_2".to_owned(), ReportState::Delivered)]);
}

/// The store still shows the failure that an admin here has retried.
#[test]
fn retry_by_hand_outlives_a_restart() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    let fails = |job: flux_delivery::job::Job| Some(job.refused(FailReason::Uncertain));
    journal.transition(&id(1), NOW, Note::new("held", None), Wake::Now, fails).unwrap();
    let retries = |job: flux_delivery::job::Job| Some(job.retried_by_hand());
    journal.transition(&id(1), NOW, Note::new("retried_by_hand", None), Wake::Now, retries).unwrap();
    drop(journal);
    let mut journal = open(directory.path());
    let state = ReportState::Failed(FailReason::Uncertain);
    assert!(journal.settle(&[Settled { id: id(1), attempt: Attempt::FIRST, state }], NOW).unwrap().is_empty());
    acknowledge_all(&mut journal);
    assert_eq!(journal.next_ready().unwrap().unwrap().id, id(1));
}
