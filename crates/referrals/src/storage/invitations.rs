//! The invitations of the last day, which their limits count. Older ones are deleted.

use flux_referral_rules::{CustomerId, EmailKey};
use flux_storage::{Error, Row, Tx, params};
use jiff::Timestamp;

/// The invitations since a time.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    /// Those of one customer.
    pub by_customer: u32,
    /// Those to one mailbox.
    pub to_recipient: u32,
}

/// Counts the invitations of a customer, and those to a mailbox, after this time.
pub fn sent_since(tx: &Tx<'_>, customer: &CustomerId, recipient: &EmailKey, since: Timestamp) -> Result<Sent, Error> {
    let sql = "SELECT (SELECT count(*) FROM referral_invitations WHERE customer_id = $1 AND at > $3) AS by_customer,
                 (SELECT count(*) FROM referral_invitations WHERE recipient = $2 AND at > $3) AS to_recipient";
    let read =
        |row: &Row<'_>| Ok(Sent { by_customer: row.get("by_customer")?, to_recipient: row.get("to_recipient")? });
    tx.only(sql, params![customer.as_str(), recipient.as_str(), since], read)
}

/// Records an invitation.
pub fn insert(tx: &Tx<'_>, customer: &CustomerId, recipient: &EmailKey) -> Result<(), Error> {
    let sql = "INSERT INTO referral_invitations (customer_id, recipient, at) VALUES ($1, $2, $3)";
    tx.execute(sql, params![customer.as_str(), recipient.as_str(), tx.now()])?;
    Ok(())
}

/// Deletes invitations before this time, up to `limit`.
pub fn forget_before(tx: &Tx<'_>, at: Timestamp, limit: u32) -> Result<(), Error> {
    let sql = "DELETE FROM referral_invitations
               WHERE seq IN (SELECT seq FROM referral_invitations WHERE at < $1 ORDER BY at LIMIT $2)";
    tx.execute(sql, params![at, limit])?;
    Ok(())
}

/// Deletes the invitations of a customer, and those to their mailbox.
pub fn forget_customer(tx: &Tx<'_>, id: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM referral_invitations WHERE customer_id = $1", params![id])?;
    let sql = "DELETE FROM referral_invitations WHERE recipient = (SELECT email_key FROM customers WHERE id = $1)";
    tx.execute(sql, params![id])?;
    Ok(())
}
