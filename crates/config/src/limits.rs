//! Every limit of the loader.

/// The largest config file, in bytes. A full one has about 5 KiB.
pub(crate) const DOCUMENT_BYTES: u64 = 256 * 1024;

/// The deepest nesting of block collections, and of bracketed ones within them.
pub(crate) const DEPTH: usize = 16;

/// The largest secret file, in bytes: room for any token, and not for `/dev/zero`.
pub(crate) const SECRET_BYTES: u64 = 64 * 1024;

/// How many mistakes are printed before "and N more".
pub(crate) const PRINTED_MISTAKES: usize = 100;

/// The longest key that an error repeats, in characters.
pub(crate) const KEY_CHARS: usize = 40;
