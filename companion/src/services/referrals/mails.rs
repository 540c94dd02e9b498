//! Mails: each is an event, which the sender and the webhook take from there.

use super::{Desk, ServiceError, Work};
use crate::services::Audit;
use flux_referral_rules::{CustomerId, Scenario, Switches, effective};
use flux_referrals::storage::{links, people};
use flux_storage::{Tx, events};
use serde_json::json;

/// `POST /referrals/invitations`: a customer's invitation to somebody, where that mail is switched on.
pub fn invite(tx: &Tx<'_>, by: &Audit, desk: &Desk, customer: &CustomerId, to: &str) -> Result<(), ServiceError> {
    people::meet(tx, customer, by.now)?;
    let mut work = Work::begin(tx, by, desk)?;
    if !work.program.mails.of(Scenario::Invitation).on {
        return Err(ServiceError::conflict("mail_off", "the mail `invitation` is switched off"));
    }
    let issued = work.issue_link(customer)?;
    issued.ok_or_else(|| ServiceError::conflict("no_rule", "this customer does not refer at present"))?;
    work.post(Scenario::Invitation, customer, Some(to))
}

impl Work<'_> {
    /// The mails that are switched on.
    pub(super) fn switches(&self) -> Switches {
        Scenario::ALL.iter().copied().filter(|scenario| self.program.mails.of(*scenario).on).collect()
    }

    /// Sends a customer a mail, if it is switched on.
    pub(super) fn mail(&self, scenario: Scenario, customer: &CustomerId) -> Result<(), ServiceError> {
        if self.program.mails.of(scenario).on { self.post(scenario, customer, None) } else { Ok(()) }
    }

    /// The event of a mail: `to` is somebody who is no customer.
    fn post(&self, scenario: Scenario, customer: &CustomerId, to: Option<&str>) -> Result<(), ServiceError> {
        let link = links::of_customer(self.tx, customer)?;
        let referrer = self.referrer(customer)?;
        let address = match (&link, effective(&self.store(), &referrer)) {
            (Some(link), Ok(rule)) => self.landing(Some(rule)).link(&link.code),
            _ => self.landing(None).as_str().to_owned(),
        };
        let code = link.as_ref().map(|link| link.code.as_str()).unwrap_or_default();
        let name = self.customer(customer)?.name.unwrap_or_default();
        let (subject, body) = self.program.mails.of(scenario).filled(&address, code, &name);
        let data = json!({"subject": subject, "body": body, "to": to});
        Ok(events::record(self.tx, self.by, &format!("mail.{scenario}"), customer.as_str(), &data)?)
    }
}
