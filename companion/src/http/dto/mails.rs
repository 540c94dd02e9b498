//! Mails in JSON.

use flux_rest::values::{Checked, CustomerId, MailStatus, Word};
use flux_shop::Mail;
use jiff::Timestamp;
use serde::Serialize;

/// A mail without its text, which is in its event.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MailRow)]
pub(crate) struct MailOut {
    /// The `seq` of its event.
    pub(crate) seq: i64,
    /// The event's kind, such as `mail.invitation`.
    pub(crate) kind: String,
    /// The customer that it is about.
    pub(crate) customer_id: CustomerId,
    /// The recipient; null if it goes to the customer's address.
    pub(crate) to: Option<String>,
    pub(crate) status: MailStatus,
    /// The number of tries.
    tries: u32,
    /// The time of the next try of a mail that was put off.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    /// The reason of the last failure.
    pub(crate) reason: Option<String>,
    /// The time of its event.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    /// The time of the last try.
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
}

impl From<Mail> for MailOut {
    fn from(mail: Mail) -> MailOut {
        let Mail { seq, kind, customer, to, status, tries, next_attempt_at, reason, created_at, updated_at } = mail;
        let (customer_id, status) = (Checked(customer), Word(status));
        MailOut { seq, kind, customer_id, to, status, tries, next_attempt_at, reason, created_at, updated_at }
    }
}
