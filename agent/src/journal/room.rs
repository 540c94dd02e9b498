//! The room for new commands: the number of open ones and the free space of the disk, which the game's world shares.

use super::{Journal, JournalError};
use crate::limits::SPARE_BYTES;
use flux_delivery::job::{Intake, Job};
use flux_platform::{DiskSpace, disk_space};
use flux_protocol::{Command, Revocation};
use std::fmt;

const MIB: u64 = 1024 * 1024;
/// A small disk keeps this part of itself free, instead of more.
const PART_OF_SMALL_DISK: u64 = 4;

/// The limits of the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomLimits {
    /// Open commands at most.
    pub open_commands: u64,
    /// Bytes of the disk that stay free.
    pub free_bytes: u64,
}

/// The room for new commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// So many more.
    For(u64),
    /// None: too many are open.
    TooManyOpen {
        /// The limit.
        most: u64,
    },
    /// None, nor for anything else that is new: the disk is nearly full.
    DiskFull {
        /// Its free bytes.
        free: u64,
        /// Bytes that stay free.
        keep: u64,
    },
}

/// The numbers that decide about the room.
#[derive(Debug, Clone, Copy)]
struct Usage {
    open: u64,
    /// `None` where the system does not say.
    disk: Option<DiskSpace>,
    /// Bytes in the journal's file that it can use again.
    spare: u64,
}

impl RoomLimits {
    /// The shortage of this disk; `None` if enough is free.
    #[must_use]
    pub fn shortage_of(self, disk: DiskSpace) -> Option<Room> {
        let keep = self.free_bytes.min(disk.total / PART_OF_SMALL_DISK);
        (disk.free < keep).then_some(Room::DiskFull { free: disk.free, keep })
    }
}

impl Room {
    fn of(usage: Usage, limits: RoomLimits) -> Room {
        let shortage = usage.disk.and_then(|disk| limits.shortage_of(disk));
        if let Some(shortage) = shortage.filter(|_| usage.spare < SPARE_BYTES) {
            return shortage;
        }
        match limits.open_commands.saturating_sub(usage.open) {
            0 => Room::TooManyOpen { most: limits.open_commands },
            places => Room::For(places),
        }
    }

    /// Why there is none, for the admin.
    #[must_use]
    pub fn shortage(&self) -> Option<String> {
        match self {
            Room::For(_) => None,
            Room::TooManyOpen { .. } | Room::DiskFull { .. } => Some(self.to_string()),
        }
    }

    /// The number of new commands that there is room for.
    fn places(&self) -> u64 {
        match self {
            Room::For(places) => *places,
            Room::TooManyOpen { .. } | Room::DiskFull { .. } => 0,
        }
    }
}

impl fmt::Display for Room {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Room::For(places) => write!(out, "there is room for {places} commands"),
            Room::TooManyOpen { most } => write!(
                out,
                "{most} commands are open, as many as journal.max_open_commands allows: no new ones are accepted until some of these \
                 are done; flux-agent queue list shows them"
            ),
            Room::DiskFull { free, keep } => write!(
                out,
                "the disk is nearly full, {} MiB are free and {} MiB are kept for the game (journal.keep_free_mib): no new commands are \
                 accepted until there is room; make some",
                free / MIB,
                keep.div_ceil(MIB)
            ),
        }
    }
}

impl Journal {
    /// The room for new commands.
    pub fn room(&self, limits: RoomLimits) -> Result<Room, JournalError> {
        let open: i64 = self
            .connection
            .prepare_cached(
                "SELECT ifnull(sum(jobs), 0) FROM job_counts WHERE state IN ('queued', 'awaiting_player', 'running', 'uncertain')",
            )?
            .query_row([], |row| row.get(0))?;
        // Without an answer of the system, the limit on open commands still holds.
        let disk = disk_space(&self.folder).ok();
        Ok(Room::of(Usage { open: open as u64, disk, spare: self.spare_bytes()? }, limits))
    }

    /// The first of these commands that there is room for, and all that take none: those that the journal knows already.
    pub fn fitting(&self, commands: Vec<Command>, room: Room) -> Result<Vec<Command>, JournalError> {
        let mut places = room.places();
        if commands.len() as u64 <= places {
            return Ok(commands);
        }
        let mut fitting = Vec::new();
        for command in commands {
            if !self.takes_a_place(&command)? {
                fitting.push(command);
            } else if places > 0 {
                places -= 1;
                fitting.push(command);
            }
        }
        Ok(fitting)
    }

    /// True if the command makes one more open job.
    fn takes_a_place(&self, command: &Command) -> Result<bool, JournalError> {
        let known = self.job(&command.id)?.map(|row| row.job);
        let receipt = Job::receive_delivery(known, command.attempt, command.redelivered);
        Ok(matches!(receipt, Intake::New(_)) && !known.is_some_and(|job| job.is_open()))
    }

    /// The revocations that there is room for: without space on the disk, those of known commands.
    pub fn fitting_revocations(
        &self,
        revocations: Vec<Revocation>,
        room: Room,
    ) -> Result<Vec<Revocation>, JournalError> {
        match room {
            Room::For(_) | Room::TooManyOpen { .. } => Ok(revocations),
            Room::DiskFull { .. } => {
                let mut fitting = Vec::new();
                for revocation in revocations {
                    if self.job(&revocation.id)?.is_some() {
                        fitting.push(revocation);
                    }
                }
                Ok(fitting)
            }
        }
    }

    fn spare_bytes(&self) -> Result<u64, JournalError> {
        let pragma = |sql: &str| -> Result<u64, JournalError> {
            let value: i64 = self.connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            Ok(value as u64)
        };
        Ok(pragma("SELECT freelist_count FROM pragma_freelist_count")?
            * pragma("SELECT page_size FROM pragma_page_size")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: RoomLimits = RoomLimits { open_commands: 1_000, free_bytes: 256 * MIB };

    fn room(open: u64, free: u64, total: u64, spare: u64) -> Room {
        let disk = Some(DiskSpace { free: free * MIB, total: total * MIB });
        Room::of(Usage { open, disk, spare: spare * MIB }, LIMITS)
    }

    #[test]
    fn room_ends_at_the_limit_of_open_commands() {
        for (open, expected) in [
            (0, Room::For(1_000)),
            (999, Room::For(1)),
            (1_000, Room::TooManyOpen { most: 1_000 }),
            (5_000, Room::TooManyOpen { most: 1_000 }),
        ] {
            assert_eq!(room(open, 10_000, 100_000, 0), expected, "{open}");
        }
    }

    #[test]
    fn room_ends_where_the_disk_is_kept_for_the_game() {
        let full = |free, keep| Room::DiskFull { free: free * MIB, keep: keep * MIB };
        for (free, total, spare, expected) in [
            (256, 100_000, 0, Room::For(1_000)),
            (255, 100_000, 0, full(255, 256)),
            (0, 100_000, 0, full(0, 256)),
            // The file has pages that it can use again.
            (255, 100_000, 4, Room::For(1_000)),
            // A small disk is not kept free as a whole.
            (3, 12, 0, Room::For(1_000)),
            (2, 12, 0, full(2, 3)),
        ] {
            assert_eq!(room(0, free, total, spare), expected, "{free} of {total} MiB, {spare} spare");
        }
        let unknown = Room::of(Usage { open: 0, disk: None, spare: 0 }, LIMITS);
        assert_eq!(unknown, Room::For(1_000));
    }

    #[test]
    fn shortage_names_the_key_that_decides() {
        assert_eq!(room(0, 10_000, 100_000, 0).shortage(), None);
        let open = room(1_000, 10_000, 100_000, 0).shortage().unwrap();
        assert!(open.starts_with("1000 commands are open") && open.contains("journal.max_open_commands"), "{open}");
        let disk = room(0, 7, 100_000, 0).shortage().unwrap();
        assert!(
            disk.contains("7 MiB are free and 256 MiB are kept") && disk.contains("journal.keep_free_mib"),
            "{disk}"
        );
    }
}
