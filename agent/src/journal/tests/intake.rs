//! Commands and revocations that arrive: new, repeated, of a higher attempt, or after the agent has decided to send.

use super::*;

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

/// Rule 7.
#[test]
fn higher_attempt_of_a_failed_job_keeps_its_receipt_time() {
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
