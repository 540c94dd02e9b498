//! The bounds of the journal: the number of open commands, the space of the disk, and what its file uses again.

use super::*;
use crate::journal::{Room, RoomLimits};
use flux_platform::{DiskSpace, simulate_disk_space};

const LIMITS: RoomLimits = RoomLimits { open_commands: 3, free_bytes: 1_000 };
const FULL: DiskSpace = DiskSpace { free: 999, total: 1_000_000 };

fn ids(commands: &[Command]) -> Vec<&str> {
    commands.iter().map(|command| command.id.as_str()).collect()
}

fn complete(journal: &mut Journal, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        let completes = |job: flux_delivery::job::Job| Some(job.started().answered(Verdict::Completed));
        journal.transition(&id(number), NOW, Note::new("completed", None), Wake::Now, completes).unwrap();
    }
}

#[test]
fn batch_is_taken_as_far_as_there_is_room() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    assert_eq!(journal.room(LIMITS).unwrap(), Room::For(3));
    journal.deliver(&[command(1, "Steve"), command(2, "Alex")], NOW).unwrap();
    let room = journal.room(LIMITS).unwrap();
    let batch = [3, 1, 4, 5, 2].map(|number| command(number, "Steve")).to_vec();
    let fitting = journal.fitting(batch.clone(), room).unwrap();
    assert_eq!(ids(&fitting), ["cmd_3", "cmd_1", "cmd_2"], "what it has takes no place");
    journal.deliver(&fitting, NOW).unwrap();
    let room = journal.room(LIMITS).unwrap();
    assert_eq!(room, Room::TooManyOpen { most: 3 });
    assert_eq!(ids(&journal.fitting(batch.clone(), room).unwrap()), ["cmd_3", "cmd_1", "cmd_2"]);
    complete(&mut journal, [1]);
    let room = journal.room(LIMITS).unwrap();
    assert_eq!(ids(&journal.fitting(batch, room).unwrap()), ["cmd_3", "cmd_1", "cmd_4", "cmd_2"]);
}

#[test]
fn retry_of_a_closed_command_takes_a_place_and_of_an_open_one_none() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve"), command(2, "Alex")], NOW).unwrap();
    let refused = |job: flux_delivery::job::Job| Some(job.started().answered(Verdict::Rejected));
    journal.transition(&id(1), NOW, Note::new("rejected", None), Wake::Now, refused).unwrap();
    let retries: Vec<Command> =
        [1, 2].map(|number| Command { attempt: Attempt::new(2).unwrap(), ..command(number, "Steve") }).to_vec();
    let full = Room::TooManyOpen { most: 1 };
    assert_eq!(ids(&journal.fitting(retries.clone(), full).unwrap()), ["cmd_2"]);
    assert_eq!(journal.fitting(retries, Room::For(1)).unwrap().len(), 2);
}

#[test]
fn nothing_new_is_taken_while_the_disk_is_nearly_full() {
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    journal.deliver(&[command(1, "Steve")], NOW).unwrap();
    simulate_disk_space(Some(FULL));
    let room = journal.room(LIMITS).unwrap();
    assert_eq!(room, Room::DiskFull { free: 999, keep: 1_000 });
    let revocations = [1, 2].map(|number| Revocation { id: id(number), attempt: Attempt::FIRST, redelivered: false });
    let fitting = journal.fitting_revocations(revocations.to_vec(), room).unwrap();
    assert_eq!(fitting.len(), 1, "of what it has");
    let all = journal.fitting_revocations(revocations.to_vec(), Room::TooManyOpen { most: 3 }).unwrap();
    assert_eq!(all.len(), 2, "a revocation makes no open command");
    simulate_disk_space(None);
    assert_eq!(journal.room(RoomLimits { free_bytes: 0, ..LIMITS }).unwrap(), Room::For(2));
}

#[test]
fn file_uses_the_space_of_removed_commands_again() {
    const JOBS: u64 = 600;
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    let pages = |journal: &Journal| -> i64 {
        journal.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap()
    };
    let fill = |journal: &mut Journal, first: u64| {
        let commands: Vec<Command> = (first..first + JOBS).map(|number| command(number, "Steve")).collect();
        for batch in commands.chunks(500) {
            journal.deliver(batch, NOW).unwrap();
        }
        complete(journal, first..first + JOBS);
        while !journal.unreported(500).unwrap().reports.is_empty() {
            acknowledge_all(journal);
        }
        pages(journal)
    };
    let once = fill(&mut journal, 0);
    assert_eq!(journal.prune(later(1), usize::MAX >> 1).unwrap(), JOBS as usize);
    assert_eq!(journal.forget(later(1), usize::MAX >> 1).unwrap(), JOBS as usize);
    simulate_disk_space(Some(FULL));
    assert_eq!(journal.room(LIMITS).unwrap(), Room::DiskFull { free: 999, keep: 1_000 }, "under 4 MiB are spare");
    simulate_disk_space(None);
    let twice = fill(&mut journal, JOBS);
    assert!(twice <= once + once / 10, "{once} pages became {twice}");
}

#[test]
fn start_with_many_open_commands_keeps_the_log_small() {
    const JOBS: u64 = 25_000;
    let directory = TempDir::new().unwrap();
    let mut journal = open(directory.path());
    let commands: Vec<Command> = (0..JOBS).map(|number| command(number, "Steve")).collect();
    for batch in commands.chunks(500) {
        journal.deliver(batch, NOW).unwrap();
    }
    while !journal.unreported(500).unwrap().reports.is_empty() {
        acknowledge_all(&mut journal);
    }
    drop(journal);
    let journal = open(directory.path());
    assert_eq!(journal.unreported_count().unwrap(), JOBS, "each open one is reported once more (rule 8)");
    assert!(journal.next_ready().unwrap().is_none(), "and is on hold until then");
    let log = std::fs::metadata(directory.path().join("journal.db-wal")).unwrap().len();
    let file = std::fs::metadata(directory.path().join("journal.db")).unwrap().len();
    assert!(log < file / 2, "a log of {log} bytes for a journal of {file}");
}
