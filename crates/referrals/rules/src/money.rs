//! Checked amounts: currencies, money, percentages, points and days.

use crate::{ValidationError, limits};
use jiff::{SignedDuration, Timestamp};
use std::fmt;

/// A currency: three upper-case letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Reads a currency; lower-case letters are refused, not mended.
    pub fn parse(text: &str) -> Result<Currency, ValidationError> {
        let letters: [u8; 3] = text.as_bytes().try_into().map_err(|_| ValidationError::Currency)?;
        if letters.iter().all(u8::is_ascii_uppercase) { Ok(Currency(letters)) } else { Err(ValidationError::Currency) }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Money: 0 or more of the smallest unit that the store charges in. It is compared and summed, never converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount: i64,
    currency: Currency,
}

impl Money {
    /// Checks an amount in minor units, 0 to 2^53.
    pub fn new(amount: i64, currency: Currency) -> Result<Money, ValidationError> {
        if (0..=limits::SAFE_INTEGER_MAX).contains(&amount) {
            Ok(Money { amount, currency })
        } else {
            Err(ValidationError::Amount)
        }
    }

    /// Minor units.
    pub fn amount(self) -> i64 {
        self.amount
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Subtracts a refund; the result is never below 0.
    #[must_use]
    pub fn less(self, minor_units: i64) -> Money {
        Money { amount: self.amount.saturating_sub(minor_units).clamp(0, self.amount), ..self }
    }
}

/// Money that is more than nothing: a reward, a minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PositiveMoney(Money);

impl PositiveMoney {
    /// Checks an amount in minor units, 1 to 2^53.
    pub fn new(amount: i64, currency: Currency) -> Result<PositiveMoney, ValidationError> {
        let money = Money::new(amount, currency)?;
        if amount == 0 { Err(ValidationError::ZeroAmount) } else { Ok(PositiveMoney(money)) }
    }

    /// Minor units.
    pub fn amount(self) -> i64 {
        self.0.amount
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.0.currency
    }
}

/// A percentage, 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u8);

impl Percent {
    /// Checks a percentage.
    pub fn new(percent: i64) -> Result<Percent, ValidationError> {
        u8::try_from(percent)
            .ok()
            .filter(|percent| (1..=100).contains(percent))
            .map(Percent)
            .ok_or(ValidationError::Percent)
    }

    /// 1 to 100.
    pub fn get(self) -> u8 {
        self.0
    }

    /// As it is stored: 100 to 10,000.
    pub fn basis_points(self) -> u16 {
        u16::from(self.0) * 100
    }

    /// This part of an amount, rounded down, in 128 bits so that nothing wraps.
    pub fn of(self, amount: i64) -> i64 {
        let part = i128::from(amount) * i128::from(self.basis_points()) / 10_000;
        i64::try_from(part).unwrap_or(amount)
    }
}

/// Points of a customer's account: more than none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(i64);

impl Points {
    /// Checks a number of points, 1 to 2^53.
    pub fn new(points: i64) -> Result<Points, ValidationError> {
        if (1..=limits::SAFE_INTEGER_MAX).contains(&points) { Ok(Points(points)) } else { Err(ValidationError::Points) }
    }

    /// The number of points.
    pub fn get(self) -> i64 {
        self.0
    }
}

/// Days of a clock: exact multiples of 86,400 s from the event that starts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Days(i64);

impl Days {
    /// Checks a number of days, 1 to 3650.
    pub fn new(days: i64) -> Result<Days, ValidationError> {
        if limits::DAYS.contains(&days) { Ok(Days(days)) } else { Err(ValidationError::Days) }
    }

    /// The number of days.
    pub fn get(self) -> i64 {
        self.0
    }

    /// Adds the days to `start`. A time past the last timestamp is clamped to it.
    pub fn after(self, start: Timestamp) -> Timestamp {
        start.checked_add(SignedDuration::from_hours(24 * self.0)).unwrap_or(Timestamp::MAX)
    }
}
