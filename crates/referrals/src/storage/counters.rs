//! The counters that only inform: daily totals and the leaderboard.
//!
//! A writer adds deltas, which no other writer waits for, and a sweep folds them into the totals. Reads add what is not
//! folded yet (`stats`). What decides, such as the use of the cap, is a row per referrer and written at once.

use flux_storage::{Error, Param, Row, Tx, Value, params};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The counter of successful referrals, by referrer.
const SUCCESSFUL: &str = "successful";
/// The counter of registrations that were rewarded: of a day, and by referrer.
pub(super) const REGISTERED: &str = "registered";
/// A sum that large stays there: integers end at 2^63.
pub(super) const LARGEST_TOTAL: i64 = 9_000_000_000_000_000_000;

/// A change of a counter.
#[derive(Debug, Clone)]
pub struct Delta {
    /// The counter.
    pub counter: Counter,
    /// The store's day to which it belongs.
    pub day: String,
    /// The amount to add.
    pub amount: i64,
}

/// A counter that a delta changes.
#[derive(Debug, Clone)]
pub enum Counter {
    /// A total of a day: `link`, `click`, a status of attributions, `registered`, or `revenue ` and a currency.
    Day(String),
    /// The successful referrals of a referrer, by period.
    Successful(Success),
    /// The rewarded registrations of a referrer's friends, by period.
    Registered(Success),
}

impl Counter {
    /// The name in the database.
    fn name(&self) -> &str {
        match self {
            Counter::Day(name) => name,
            Counter::Successful(_) => SUCCESSFUL,
            Counter::Registered(_) => REGISTERED,
        }
    }
}

/// The referrer and the bind of a referral that the leaderboard counts.
#[derive(Debug, Clone)]
pub struct Success {
    /// The referrer's id.
    pub customer: String,
    /// The store's week of the bind.
    pub week: String,
    /// The time of the bind.
    pub bound_at: Timestamp,
}

impl Delta {
    /// A change of a day's total.
    pub fn of_day(total: impl Into<String>, day: &str, amount: i64) -> Delta {
        Delta { counter: Counter::Day(total.into()), day: day.to_owned(), amount }
    }
}

/// Adds deltas.
pub fn add(tx: &Tx<'_>, deltas: &[Delta]) -> Result<(), Error> {
    let sql = "INSERT INTO referral_deltas (counter, day, amount, customer_id, week, bound_at)
               VALUES ($1, $2, $3, $4, $5, $6)";
    let rows = deltas.iter().map(|delta| {
        let (customer, week, bound_at) = match &delta.counter {
            Counter::Day(_) => (Value::Null, Value::Null, Value::Null),
            Counter::Successful(success) | Counter::Registered(success) => {
                (success.customer.value(), success.week.value(), success.bound_at.value())
            }
        };
        [Value::Text(delta.counter.name()), delta.day.value(), delta.amount.value(), customer, week, bound_at]
    });
    tx.execute_many(sql, rows)?;
    Ok(())
}

/// Changes what decides for a referrer: grants that count against the cap, and successful referrals.
pub fn change_referrer(tx: &Tx<'_>, customer: &str, live_grants: i64, successful: i64) -> Result<(), Error> {
    let sql = "INSERT INTO referral_referrers (customer_id, live_grants, successful) VALUES ($1, $2, $3)
               ON CONFLICT (customer_id) DO UPDATE SET live_grants = referral_referrers.live_grants + $2,
                 successful = referral_referrers.successful + $3";
    tx.execute(sql, params![customer, live_grants, successful])?;
    Ok(())
}

/// The periods of the leaderboard that a day belongs to: all, its year, month, week, and itself.
fn periods(day: &str, week: &str) -> [String; 5] {
    ["all".to_owned(), day[..4].to_owned(), day[..7].to_owned(), week.to_owned(), day.to_owned()]
}

/// True if a day and its week belong to a period of the leaderboard.
pub(super) fn is_in_period(period: &str, day: &str, week: &str) -> bool {
    period == "all" || period == week || day.starts_with(period)
}

/// The bind of a referrer's latest referral in a period that the leaderboard counts.
pub(super) fn last_success(tx: &Tx<'_>, customer: &str, period: &str) -> Result<Timestamp, Error> {
    let is_week = period.contains('W');
    let (first, last) = if is_week || period == "all" { ("", "z".to_owned()) } else { (period, format!("{period}z")) };
    let sql = "SELECT bound_at FROM referral_attributions INDEXED BY referral_attributions_successful
               WHERE referrer_id = $1 AND (status IN ('qualified', 'rewarded') OR registration_rewarded) AND day BETWEEN $2 AND $3
                 AND (CAST($4 AS TEXT) IS NULL OR week = $4)
               ORDER BY day DESC, bound_at DESC LIMIT 1";
    let found = tx.one(sql, params![customer, first, last, is_week.then_some(period)], |row| row.get("bound_at"))?;
    Ok(found.unwrap_or(Timestamp::UNIX_EPOCH))
}

/// A sum of a referrer's deltas.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct SuccessSum {
    pub(super) successful: i64,
    pub(super) registered: i64,
    /// The latest bind among those that were added.
    pub(super) last_at: Option<Timestamp>,
    /// One was taken back, so the latest bind may be an earlier one.
    pub(super) is_reduced: bool,
}

impl SuccessSum {
    /// Adds a delta; one of a day's total changes nothing.
    pub(super) fn add(&mut self, delta: &Delta) {
        let (sum, bind) = match &delta.counter {
            Counter::Day(_) => return,
            Counter::Successful(success) => (&mut self.successful, success),
            Counter::Registered(success) => (&mut self.registered, success),
        };
        *sum += delta.amount;
        self.last_at = self.last_at.max(Some(bind.bound_at));
        self.is_reduced |= delta.amount < 0;
    }
}

/// Folds some deltas into the totals. Returns their number.
pub fn fold(tx: &Tx<'_>, limit: u32) -> Result<u32, Error> {
    let sql = "SELECT * FROM referral_deltas ORDER BY seq LIMIT $1";
    let found = tx.query(sql, params![limit], |row| Ok((row.get::<i64>("seq")?, read(row)?)))?;
    let mut days: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    let mut successes: BTreeMap<(String, &str), SuccessSum> = BTreeMap::new();
    for (_, delta) in &found {
        match &delta.counter {
            Counter::Day(name) => {
                let total = days.entry((name, &delta.day)).or_default();
                *total = total.saturating_add(delta.amount);
            }
            Counter::Successful(success) | Counter::Registered(success) => {
                for period in periods(&delta.day, &success.week) {
                    successes.entry((period, &success.customer)).or_default().add(delta);
                }
            }
        }
    }
    fold_days(tx, &days)?;
    for ((period, customer), sum) in &successes {
        fold_success(tx, period, customer, sum)?;
    }
    // Those that were read, and no other: a writer may have added one meanwhile.
    let read = found.iter().map(|(seq, _)| [seq.value()]);
    tx.execute_many("DELETE FROM referral_deltas WHERE seq = $1", read)?;
    Ok(found.len() as u32)
}

fn fold_days(tx: &Tx<'_>, days: &BTreeMap<(&str, &str), i64>) -> Result<(), Error> {
    let sql = "INSERT INTO referral_daily_counters (counter, day, total) VALUES ($1, $2, $3)
               ON CONFLICT (counter, day) DO UPDATE SET total = CASE
                 WHEN $3 > 0 AND referral_daily_counters.total > $4 - $3 THEN $4
                 ELSE referral_daily_counters.total + $3 END";
    let rows = days.iter().map(|((counter, day), amount)| {
        let amount = (*amount).clamp(-LARGEST_TOTAL, LARGEST_TOTAL);
        [Value::Text(counter), Value::Text(day), Value::Integer(amount), Value::Integer(LARGEST_TOTAL)]
    });
    tx.execute_many(sql, rows)?;
    Ok(())
}

fn fold_success(tx: &Tx<'_>, period: &str, customer: &str, sum: &SuccessSum) -> Result<(), Error> {
    let last_at = match sum.last_at.filter(|_| !sum.is_reduced) {
        Some(last_at) => last_at,
        None => last_success(tx, customer, period)?,
    };
    let sql = "INSERT INTO referral_leaderboard (period, customer_id, successful, registered, last_at)
               VALUES ($1, $2, $3, $6, $4)
               ON CONFLICT (period, customer_id) DO UPDATE SET successful = referral_leaderboard.successful + $3,
                 registered = referral_leaderboard.registered + $6,
                 last_at = CASE WHEN $5 OR referral_leaderboard.last_at < $4 THEN $4
                   ELSE referral_leaderboard.last_at END";
    tx.execute(sql, params![period, customer, sum.successful, last_at, sum.is_reduced, sum.registered])?;
    Ok(())
}

pub(super) fn read(row: &Row<'_>) -> Result<Delta, Error> {
    let name: String = row.get("counter")?;
    let counter = match row.get::<Option<String>>("customer_id")? {
        Some(customer) => {
            let success = Success { customer, week: row.get("week")?, bound_at: row.get("bound_at")? };
            if name == REGISTERED { Counter::Registered(success) } else { Counter::Successful(success) }
        }
        None => Counter::Day(name),
    };
    Ok(Delta { counter, day: row.get("day")?, amount: row.get("amount")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_belongs_to_five_periods() {
        for period in periods("2026-11-27", "2026-W48") {
            assert!(is_in_period(&period, "2026-11-27", "2026-W48"), "{period}");
        }
        for period in ["2025", "2026-12", "2026-W47", "2026-11-28"] {
            assert!(!is_in_period(period, "2026-11-27", "2026-W48"), "{period}");
        }
    }
}
