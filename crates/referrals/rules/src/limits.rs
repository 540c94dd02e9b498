//! Every limit of the referral rules, in one place.

use std::ops::RangeInclusive;

/// Amounts and points: whole numbers that JSON carries exactly.
pub const SAFE_INTEGER_MAX: i64 = 1 << 53;
/// Days of any clock.
pub const DAYS: RangeInclusive<i64> = 1..=3650;
/// Characters of a referral or discount code.
pub const CODE_CHARS: usize = 64;
/// Characters of a name that a link's code begins with.
pub const CODE_NAME_CHARS: usize = 12;
/// Characters of a link code's random suffix: the first try, and the last after collisions.
pub const CODE_SUFFIX_CHARS: RangeInclusive<usize> = 3..=16;
/// Random characters of a discount code.
pub const DISCOUNT_CODE_CHARS: usize = 12;
/// Fresh draws of a discount code before the random source is taken for broken.
pub const DISCOUNT_CODE_DRAWS: usize = 16;
/// Characters of a tier.
pub const TIER_CHARS: usize = 32;
/// Characters of a rule's name.
pub const RULE_NAME_CHARS: usize = 100;
/// Rules beside the global one.
pub const TIER_RULES: usize = 100;
/// Commands of one slot.
pub const SLOT_COMMANDS: usize = 50;
/// Servers in one command's list.
pub const COMMAND_SERVERS: usize = 500;
/// Steps of a ladder.
pub const LADDER_STEPS: usize = 50;
/// Bytes of a landing address.
pub const LANDING_BYTES: usize = 2_000;
/// Characters of one share text or mail text.
pub const TEXT_CHARS: usize = 10_000;
/// Characters of a customer's name in a mail.
pub const MAIL_NAME_CHARS: usize = 30;
/// Characters of a value that fills in a placeholder (`docs/reference/protocol.md`, command).
pub const VALUE_CHARS: usize = 64;
/// A visitor's clicks on one link within this time are one click: 24 hours, in seconds.
pub const REPEATED_CLICK_SECONDS: i64 = 86_400;
/// Clicks of one visitor that count within 24 hours, each on another link.
pub const VISITOR_CLICKS: u32 = 50;
/// Clicks on one link that count on one day of the store.
pub const LINK_CLICKS: u32 = 10_000;
/// Days that "recent clicks" looks back.
pub const RECENT_CLICK_DAYS: i64 = 30;
