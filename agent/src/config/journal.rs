//! The section `journal`: the room that the journal may take. The game's world is on the same disk.

use crate::journal::RoomLimits;
use flux_config::Section;

const MIB: u64 = 1024 * 1024;

pub(super) fn read(mut section: Section<'_>) -> RoomLimits {
    let open_commands = section.integer("max_open_commands", 1..=10_000_000, 1_000_000);
    let keep_free_mib: u64 = section.integer("keep_free_mib", 0..=1_048_576, 256);
    section.finish();
    RoomLimits { open_commands, free_bytes: keep_free_mib * MIB }
}
