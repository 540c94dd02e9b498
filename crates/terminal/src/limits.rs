//! All limits of this crate.

/// Bytes of one field of an entry in systemd's journal.
pub(crate) const JOURNALD_FIELD_BYTES: usize = 16 * 1024;
/// Bytes of one field of a log line, escapes and the mark of a cut included.
pub(crate) const LOG_FIELD_BYTES: usize = 1024;
/// The narrowest line that a text is wrapped to, in columns; a narrower terminal breaks lines itself.
pub(crate) const MIN_WRAP_COLUMNS: usize = 40;
/// Secrets that are masked in output: the newest ones.
pub(crate) const KNOWN_SECRETS: usize = 8;
/// The shortest secret that is masked.
pub(crate) const SHORTEST_SECRET_BYTES: usize = 16;
