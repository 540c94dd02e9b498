//! The limits of this crate that are not part of the wire format.

/// The length up to which an answer is read as a refusal in the usual words, in bytes: a longer one says more.
pub(crate) const MAX_USUAL_REFUSAL: usize = 160;

/// The longest pattern of a policy in characters: twice the longest line, whose every character may need an escape.
pub(crate) const MAX_PATTERN_CHARS: usize = 2_800;

/// The most commands that one line may cause, by `run`, wrappers and data, before the policy refuses it unread.
pub(crate) const MAX_NESTED_COMMANDS: usize = 64;

/// The most that the attempt of a report may be ahead of the store's: more than anybody retries since a backup.
pub(crate) const MAX_ATTEMPTS_AHEAD: u32 = 1_000;
