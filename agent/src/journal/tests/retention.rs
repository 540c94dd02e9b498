//! The data that the journal keeps of a job: counts, markers, and the memory of finished commands.

use super::*;

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
    let first = &journal.unreported(1).unwrap().reports;
    journal.acknowledge(first, NOW).unwrap();
    assert_eq!(journal.prune(later(1), 100).unwrap(), 1, "what is not acknowledged stays whole");
    let row = journal.job(&id(1)).unwrap().unwrap();
    assert_eq!((row.command, row.job.state), (None, JobState::Done(JobOutcome::Completed)));
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    assert!(journal.next_ready().unwrap().is_none());
}

#[test]
fn finished_command_is_forgotten_once_acknowledged_pruned_and_out_of_the_game() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    let commands: Vec<Command> = (1..=4).map(|number| command(number, "Steve")).collect();
    journal.deliver(&commands, NOW).unwrap();
    let mark = mark();
    let decided_on = journal.job(&id(3)).unwrap().unwrap().job;
    let intent = Intent { line: "give Steve diamond", marker: Some(&mark), clock: None };
    assert!(journal.record_intent(&id(3), decided_on, NOW, &intent).unwrap());
    let completes = |job: flux_delivery::job::Job| Some(job.started().answered(Verdict::Completed));
    for number in [1, 2] {
        journal.transition(&id(number), NOW, Note::new("completed", None), Wake::Now, completes).unwrap();
    }
    let answered = |job: flux_delivery::job::Job| Some(job.answered(Verdict::Completed));
    journal.transition(&id(3), NOW, Note::new("completed", None), Wake::Now, answered).unwrap();
    let reports = journal.unreported(10).unwrap().reports;
    let of = |numbers: &[u64]| -> Vec<_> {
        reports.iter().filter(|item| numbers.iter().any(|number| item.report.id == id(*number))).cloned().collect()
    };
    journal.acknowledge(&of(&[1, 3]), later(100)).unwrap();
    assert_eq!(journal.forget(later(1_000), 100).unwrap(), 0, "its details are not pruned yet");
    assert_eq!(journal.prune(later(1_000), 100).unwrap(), 2);
    assert_eq!(journal.forget(later(100), 100).unwrap(), 0, "the time counts from the acknowledgement");
    assert_eq!(journal.forget(later(1_000), 100).unwrap(), 1);
    assert!(journal.job(&id(1)).unwrap().is_none() && journal.details(&id(1)).unwrap().is_none());
    let left: Vec<bool> = (1..=4).map(|number| journal.job(&id(number)).unwrap().is_some()).collect();
    assert_eq!(left, [false, true, true, true], "not acknowledged, with a marker, open");
    let counts: Vec<_> = journal.counts().unwrap().into_iter().collect();
    assert_eq!(counts, [("completed".to_owned(), 2), ("queued".to_owned(), 1)]);
    let rows: i64 = journal
        .connection
        .query_row("SELECT count(*) FROM history WHERE job_id = 'cmd_1'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 0);
    // What comes back from an older copy of the store's database was offered to this journal before.
    journal.deliver(&[Command { redelivered: true, ..command(1, "Steve") }], NOW).unwrap();
    assert_eq!(journal.job(&id(1)).unwrap().unwrap().job.state, JobState::Uncertain);
}

#[test]
fn repeated_acknowledgements_add_nothing_to_the_history() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    for _ in 0..5 {
        journal.deliver(&[command(1, "Steve")], NOW).unwrap();
        let completes =
            |job: flux_delivery::job::Job| job.is_open().then(|| job.started().answered(Verdict::Completed));
        journal.transition(&id(1), NOW, Note::new("completed", None), Wake::Now, completes).unwrap();
        acknowledge_all(&mut journal);
    }
    let history = journal.details(&id(1)).unwrap().unwrap().history;
    let events: Vec<&str> = history.iter().map(|entry| entry.event.as_str()).collect();
    assert_eq!(events, ["received", "completed", "acknowledged"]);
}

#[test]
fn transition_of_an_unknown_job_returns_none() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    assert_eq!(
        journal.transition(&id(9), NOW, Note::new("x", None), Wake::Now, |job| Some(job.dropped())).unwrap(),
        None
    );
}

#[test]
fn markers_are_kept_up_to_the_limit_until_removed() {
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

#[test]
fn kept_commands_are_read_while_a_daemon_has_the_journal() {
    let directory = TempDir::new().unwrap();
    let read = || {
        let mut players = Vec::new();
        let mut each = |command: &flux_protocol::Command| players.extend(command.player.clone().map(|it| it.name));
        Journal::each_command(directory.path(), &server(), &mut each).unwrap();
        players.sort();
        players
    };
    assert!(read().is_empty(), "no journal yet");
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve"), command(2, "Alex")], NOW).unwrap();
    assert_eq!(read(), ["Alex", "Steve"]);
    drop(journal);
    assert_eq!(read(), ["Alex", "Steve"]);
}
