//! Every limit of the contract, in one place.

/// Items in one `Deliver`, `Revoke` or `Report`, and commands in one poll's answer.
pub const BATCH_ITEMS: usize = 500;
/// Commands that a poll asks for unless it says otherwise.
pub const POLL_ITEMS_DEFAULT: usize = 100;
/// Bytes of a command template.
pub const TEMPLATE_BYTES: usize = 1_300;
/// Characters of the game's answer in a report.
pub const OUTPUT_CHARS: usize = 1_024;
/// Characters of an id.
pub const ID_CHARS: usize = 64;
/// Bytes of one message from agent to store: what a default ASP.NET Core hub takes.
pub const AGENT_MESSAGE_BYTES: usize = 32 * 1024;
/// Bounds of a poll's wait, in seconds.
pub const POLL_SECONDS: std::ops::RangeInclusive<u64> = 15..=300;
