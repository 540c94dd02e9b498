//! Every limit of the game, vanilla's and the sandbox's own.

/// The longest player name.
pub const NAME_CHARACTERS: usize = 16;
/// Slots of an inventory that `give` fills, without armour and the off hand.
pub const INVENTORY_SLOTS: u32 = 36;
/// `give` takes at most this many stacks.
pub const STACKS_AT_ONCE: u32 = 100;
/// Tags of one entity.
pub const TAGS: usize = 1024;
/// Characters of the command shown before the position of a syntax error.
pub const ECHO_CHARACTERS: usize = 10;
/// Game time runs at 20 ticks a second.
pub const TICK_MILLISECONDS: u64 = 50;

/// RCON connections at once (vanilla has no limit); further ones are closed.
pub const RCON_CONNECTIONS: usize = 256;
/// Received lines and effects that are kept; the oldest are dropped first.
pub const REMEMBERED: usize = 20_000;
/// Planned faults at once; the oldest are dropped first.
pub const PLANNED_FAULTS: usize = 1000;
