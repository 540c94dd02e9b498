//! The ledger of points and store credit, append-only, and the stored balances.

use super::{parsed, reason};
use flux_referral_rules::{Cause, Currency, CustomerId, LedgerEntry, Reason, Unit};
use flux_storage::{Error, Row, Tx, params};

/// The unit of points in the column `unit`.
const POINTS: &str = "points";

/// Adds an entry to the ledger, and its sum to the balance: a balance is never written as a value that was read. Returns the
/// new balance; `None` if it would not fit, or if a spend would make it negative. The caller then undoes the transaction.
pub fn post(tx: &Tx<'_>, entry: &LedgerEntry) -> Result<Option<i64>, Error> {
    let (customer, unit) = (entry.customer.as_str(), unit_text(entry.unit));
    let sql = "INSERT INTO referral_balances (customer_id, unit, balance) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING";
    tx.execute(sql, params![customer, unit])?;
    let least = if entry.cause == Cause::Spend { 0 } else { i64::MIN };
    let (lowest, highest) = (least.saturating_sub(entry.delta), i64::MAX.saturating_sub(entry.delta));
    let sql = "UPDATE referral_balances SET balance = balance + $3
               WHERE customer_id = $1 AND unit = $2 AND balance BETWEEN $4 AND $5 RETURNING balance";
    let after = tx.one(sql, params![customer, unit, entry.delta, lowest, highest], |row| row.get("balance"))?;
    let Some(after) = after else { return Ok(None) };
    let sql = "INSERT INTO referral_ledger (customer_id, unit, delta, cause, ref, reason, at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let (cause, reason, at) = (entry.cause.as_str(), entry.reason.map(Reason::as_str), entry.at);
    tx.execute(sql, params![customer, unit, entry.delta, cause, entry.reference, reason, at])?;
    Ok(Some(after))
}

/// A balance.
pub fn balance(tx: &Tx<'_>, customer: &CustomerId, unit: Unit) -> Result<i64, Error> {
    let sql = "SELECT balance FROM referral_balances WHERE customer_id = $1 AND unit = $2";
    let balance = |row: &Row<'_>| row.get("balance");
    Ok(tx.one(sql, params![customer.as_str(), unit_text(unit)], balance)?.unwrap_or_default())
}

/// A customer's balances of store credit.
pub fn credit(tx: &Tx<'_>, customer: &CustomerId) -> Result<Vec<(String, i64)>, Error> {
    let sql = "SELECT unit, balance FROM referral_balances WHERE customer_id = $1 AND unit <> 'points' ORDER BY unit";
    let read = |row: &Row<'_>| Ok((row.get("unit")?, row.get("balance")?));
    tx.query(sql, params![customer.as_str()], read)
}

/// The entry with this cause and reference.
pub fn find(tx: &Tx<'_>, cause: Cause, reference: &str) -> Result<Option<LedgerEntry>, Error> {
    tx.one("SELECT * FROM referral_ledger WHERE cause = $1 AND ref = $2", params![cause.as_str(), reference], read)
}

/// A customer's entries of points or of store credit, newest first.
pub fn lines(tx: &Tx<'_>, customer: &CustomerId, of_points: bool, limit: u32) -> Result<Vec<LedgerEntry>, Error> {
    let unit = if of_points { "unit = 'points'" } else { "unit <> 'points'" };
    let sql = format!("SELECT * FROM referral_ledger WHERE customer_id = $1 AND {unit} ORDER BY seq DESC LIMIT $2");
    tx.query(&sql, params![customer.as_str(), limit], read)
}

fn unit_text(unit: Unit) -> String {
    match unit {
        Unit::Points => POINTS.to_owned(),
        Unit::Credit(currency) => currency.to_string(),
    }
}

fn read(row: &Row<'_>) -> Result<LedgerEntry, Error> {
    let unit = match row.get::<String>("unit")?.as_str() {
        POINTS => Unit::Points,
        code => Unit::Credit(Currency::parse(code).map_err(|_| Error::BadRow("unit"))?),
    };
    Ok(LedgerEntry {
        customer: CustomerId::new(row.get::<String>("customer_id")?),
        unit,
        delta: row.get("delta")?,
        cause: parsed(row, "cause")?,
        reference: row.get("ref")?,
        reason: reason(row, "reason")?,
        at: row.get("at")?,
    })
}
