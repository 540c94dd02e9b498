//! Every limit that all handlers share.

use jiff::SignedDuration;
use std::time::Duration;

/// Items on one page of a list, if the caller names no number.
pub const PAGE_ITEMS_DEFAULT: u32 = 25;
/// The most items on one page.
pub const PAGE_ITEMS: u32 = 100;
/// Bytes of the items of one page; a page has at least one item.
pub const PAGE_BYTES: usize = 1024 * 1024;
/// Characters of an `Idempotency-Key`.
pub const IDEMPOTENCY_KEY_CHARS: usize = 255;
/// Seconds after which a caller tries again, where the store cannot do it now.
pub const RETRY_AFTER_SECONDS: u64 = 10;
/// Time for a request's body to arrive.
pub const BODY_READ: Duration = Duration::from_secs(10);
/// The time by which the clock of a storefront may be ahead of the store's.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
/// The part of the requests in flight that one caller may have: one in so many.
pub const CALLER_PART: usize = 4;
/// The time after which an address has its whole budget of wrong keys again.
pub const WRONG_KEYS_PERIOD: Duration = Duration::from_secs(60);
/// Addresses with wrong keys that are counted apart between two lines of the log.
pub const WRONG_KEY_ADDRESSES: usize = 1_000;
