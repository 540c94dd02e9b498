//! Mails, and what has become of each.

use crate::CustomerId;
use jiff::Timestamp;

string_enum! {
    /// The fate of a mail.
    pub enum MailStatus {
        /// It was not tried yet.
        Waiting = "waiting",
        /// It failed, and is tried again later.
        PutOff = "put_off",
        /// The mail server has accepted it.
        Sent = "sent",
        /// It failed for good.
        GivenUp = "given_up",
        /// It is from before mails were set up, or was too old when the companion started.
        Skipped = "skipped",
    }
}

/// A mail without its text.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The number of its event.
    pub seq: i64,
    /// The event's kind, such as `mail.invitation`.
    pub kind: String,
    /// The customer that it is about.
    pub customer: CustomerId,
    /// The recipient, if it is not the customer.
    pub to: Option<String>,
    /// Its fate.
    pub status: MailStatus,
    /// The number of tries.
    pub tries: u32,
    /// The time of the next try.
    pub next_attempt_at: Option<Timestamp>,
    /// The reason of the last failure.
    pub reason: Option<String>,
    /// The time of its event.
    pub created_at: Timestamp,
    /// The time of the last try.
    pub updated_at: Option<Timestamp>,
}
