//! The limits of the contract.

/// Most items in one `Deliver`, `Revoke` or `Report`, and most commands in a poll's answer.
pub const BATCH_ITEMS: usize = 500;
/// Commands in a poll's answer if the request has no `max`.
pub const POLL_ITEMS_DEFAULT: usize = 100;
/// Longest command template, in bytes.
pub const TEMPLATE_BYTES: usize = 1_300;
/// Most templates in the answer to `GET /templates`.
pub const TEMPLATES: usize = 2_000;
/// Most patterns of a policy in `POST /policy`, `allow` and `deny` together.
pub const POLICY_PATTERNS: usize = 5_000;
/// Longest output in a report, in characters; the agent cuts a longer answer of the game.
pub const OUTPUT_CHARS: usize = 1_024;
/// Longest id, in characters.
pub const ID_CHARS: usize = 64;
/// Characters kept of the problem with an unreadable item, which quotes the item.
pub const BAD_ITEM_CHARS: usize = 200;
/// Longest message from agent to store, in bytes: the default limit of an ASP.NET Core hub.
pub const AGENT_MESSAGE_BYTES: usize = 32 * 1024;
/// Shortest and longest wait between polls, in seconds.
pub const POLL_SECONDS: std::ops::RangeInclusive<u64> = 15..=300;
