//! Numbers with a range.

use crate::limits;

macro_rules! checked_number {
    ($(#[$doc:meta])* $name:ident($inner:ty), $range:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name($inner);

        impl $name {
            /// A stored number. It was checked when it came in and stays readable if the range has become narrower.
            pub fn from_stored(number: $inner) -> Self {
                Self(number)
            }

            /// The least and the greatest number.
            pub fn range() -> (i64, i64) {
                let range: std::ops::RangeInclusive<$inner> = $range;
                (*range.start() as i64, *range.end() as i64)
            }

            /// The number.
            pub fn get(self) -> $inner {
                self.0
            }
        }

        impl TryFrom<i64> for $name {
            type Error = String;
            fn try_from(number: i64) -> Result<Self, String> {
                let range = $range;
                let refused = || format!("must be a whole number from {} to {}", range.start(), range.end());
                <$inner>::try_from(number).ok().filter(|number| range.contains(number)).map(Self).ok_or_else(refused)
            }
        }

        impl From<$name> for i64 {
            fn from(number: $name) -> i64 {
                // No range here reaches beyond 2^53.
                number.0 as i64
            }
        }

    };
}

checked_number! {
    /// An amount of money in the currency's minor units (cents): a whole number from 0 to 2^53 − 1.
    Amount(u64), 0..=limits::AMOUNT
}
checked_number! {
    /// A number of units of one package: 1 to 1,000.
    Quantity(u32), 1..=limits::ITEM_QUANTITY
}
checked_number! {
    /// Seconds of a delay: 0 to 366 days.
    #[derive(Default)]
    DelaySeconds(u32), 0..=limits::WAIT_SECONDS
}
checked_number! {
    /// Seconds until a command expires: 1 to 366 days.
    ExpirySeconds(u32), 1..=limits::WAIT_SECONDS
}
checked_number! {
    /// Free inventory slots: 0 to 36.
    #[derive(Default)]
    Slots(u8), 0..=limits::REQUIRED_SLOTS
}

impl Amount {
    /// Zero.
    pub const ZERO: Amount = Amount(0);

    /// The sum, at most the largest amount.
    #[must_use]
    pub fn plus(self, other: Amount) -> Amount {
        Amount(self.0.saturating_add(other.0).min(limits::AMOUNT))
    }

    /// The difference; zero if the other amount is larger.
    #[must_use]
    pub fn less(self, other: Amount) -> Amount {
        Amount(self.0.saturating_sub(other.0))
    }
}
