//! Reports to the store: each state is reported until the store has acknowledged it.

use super::*;

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
