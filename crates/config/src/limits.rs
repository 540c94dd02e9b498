//! Every limit of the loader.

/// The largest config file in bytes. A complete one has about 5 KiB.
pub(crate) const DOCUMENT_BYTES: u64 = 256 * 1024;

/// The deepest nesting of block collections, and of bracketed collections within them.
pub(crate) const DEPTH: usize = 16;

/// The largest secret file in bytes: enough for any token, and an end to `/dev/zero`.
pub(crate) const SECRET_BYTES: u64 = 64 * 1024;

/// The number of mistakes that are printed before "and N more".
pub(crate) const PRINTED_MISTAKES: usize = 100;

/// The longest key that an error repeats, in bytes.
pub(crate) const KEY_BYTES: usize = 40;
