//! Points and store credit: lines that are only ever added, and the balance beside them.

use super::word;
use flux_referral_rules::{Cause, Currency, CustomerId, LedgerEntry, Unit};
use flux_storage::row::{get, stored, time};
use flux_storage::{DbError, Tx};

use rusqlite::{OptionalExtension, Row, params};

/// The word of points in the column of units.
const POINTS: &str = "points";

/// Adds a line, and says what the balance then is. `None`: it would be beyond 64 bits, and nothing was added.
pub fn post(tx: &Tx<'_>, entry: &LedgerEntry) -> Result<Option<i64>, DbError> {
    let Some(after) = balance(tx, &entry.customer, entry.unit)?.checked_add(entry.delta) else { return Ok(None) };
    let unit = unit_word(entry.unit);
    let sql = "INSERT INTO referral_ledger (customer_id, unit, delta, cause, ref, at) VALUES (?, ?, ?, ?, ?, ?)";
    let (cause, at) = (entry.cause.as_str(), stored(entry.at));
    tx.prepare_cached(sql)?.execute(params![entry.customer.as_str(), unit, entry.delta, cause, entry.reference, at])?;
    let sql = "INSERT INTO referral_balances VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET balance = ?3";
    tx.prepare_cached(sql)?.execute(params![entry.customer.as_str(), unit, after])?;
    Ok(Some(after))
}

/// A balance.
pub fn balance(tx: &Tx<'_>, customer: &CustomerId, unit: Unit) -> Result<i64, DbError> {
    let sql = "SELECT balance FROM referral_balances WHERE customer_id = ? AND unit = ?";
    let mut statement = tx.prepare_cached(sql)?;
    let found = statement.query_row([customer.as_str(), &unit_word(unit)], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or_default())
}

/// A customer's balances of store credit.
pub fn credit(tx: &Tx<'_>, customer: &CustomerId) -> Result<Vec<(String, i64)>, DbError> {
    let sql = "SELECT unit, balance FROM referral_balances WHERE customer_id = ? AND unit <> 'points' ORDER BY unit";
    let read = |row: &Row<'_>| Ok((get(row, "unit")?, get(row, "balance")?));
    tx.prepare_cached(sql)?.query_and_then([customer.as_str()], read)?.collect()
}

/// The line that this cause and reference has made.
pub fn find(tx: &Tx<'_>, cause: Cause, reference: &str) -> Result<Option<LedgerEntry>, DbError> {
    let mut statement = tx.prepare_cached("SELECT * FROM referral_ledger WHERE cause = ? AND ref = ?")?;
    statement.query_row([cause.as_str(), reference], |row| Ok(read(row))).optional()?.transpose()
}

/// A customer's lines, newest first, of points or of store credit.
pub fn lines(tx: &Tx<'_>, customer: &CustomerId, of_points: bool, limit: u32) -> Result<Vec<LedgerEntry>, DbError> {
    let unit = if of_points { "unit = 'points'" } else { "unit <> 'points'" };
    let sql = format!("SELECT * FROM referral_ledger WHERE customer_id = ? AND {unit} ORDER BY seq DESC LIMIT ?");
    tx.prepare_cached(&sql)?.query_and_then(params![customer.as_str(), limit], read)?.collect()
}

fn unit_word(unit: Unit) -> String {
    match unit {
        Unit::Points => POINTS.to_owned(),
        Unit::Credit(currency) => currency.to_string(),
    }
}

fn read(row: &Row<'_>) -> Result<LedgerEntry, DbError> {
    let unit = match get::<String>(row, "unit")?.as_str() {
        POINTS => Unit::Points,
        code => Unit::Credit(Currency::parse(code).map_err(|_| DbError::BadRow("unit"))?),
    };
    Ok(LedgerEntry {
        customer: CustomerId::new(get::<String>(row, "customer_id")?),
        unit,
        delta: get(row, "delta")?,
        cause: word(row, "cause", Cause::from_word)?,
        reference: get(row, "ref")?,
        at: time(row, "at")?,
    })
}
