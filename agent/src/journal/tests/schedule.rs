//! The time at which a job is run: after a restart, a clock change, a join, or its expiry.

use super::*;

/// Rule 8.
#[test]
fn earlier_jobs_are_held_until_acknowledged_or_released() {
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
fn line_sent_before_a_restart_is_uncertain() {
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
fn clock_set_back_delays_no_job() {
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

/// Rule 4.
#[test]
fn job_awaiting_its_player_has_no_deadline() {
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
    journal.prune(years_later, 100).unwrap();
    assert!(journal.job(&id(1)).unwrap().unwrap().command.is_some(), "nothing of it is pruned");
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
