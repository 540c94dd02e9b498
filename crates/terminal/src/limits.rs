//! All limits of this crate.

/// Bytes of one field of an entry in systemd's journal.
pub(crate) const JOURNALD_FIELD_BYTES: usize = 16 * 1024;
/// Bytes of one field of a log line, escapes and the mark of a cut included.
pub(crate) const LOG_FIELD_BYTES: usize = 1024;
/// The narrowest line that a text is wrapped to, in columns; a narrower terminal breaks lines itself.
pub(crate) const MIN_WRAP_COLUMNS: usize = 40;
