//! Mails: each is recorded as an event, which the mail sender and the webhook deliver.

use super::UnitOfWork;
use super::links::{issue_link, landing};
use crate::Error;
use crate::ReferralContext;
use crate::storage::{customers as customers_repo, links};
use flux_referral_rules::{CustomerId, Scenario, Switches, effective};
use flux_shop::Audit;
use flux_storage::{Tx, events};
use serde_json::json;

/// `POST /referrals/invitations`: sends a customer's invitation, if that mail is enabled.
pub fn invite(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, customer: &CustomerId, to: &str) -> Result<(), Error> {
    customers_repo::ensure_exists(tx, customer, tx.now())?;
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    if !work.program().mails.of(Scenario::Invitation).on {
        return Err(Error::conflict("mail_off", "the mail `invitation` is switched off"));
    }
    let issued = issue_link(&mut work, customer)?;
    issued.ok_or_else(|| Error::conflict("no_rule", "this customer does not refer at present"))?;
    post_mail(&work, Scenario::Invitation, customer, Some(to))
}

/// The enabled mails.
pub(super) fn enabled_mails(work: &UnitOfWork<'_>) -> Switches {
    Scenario::ALL.iter().copied().filter(|scenario| work.program().mails.of(*scenario).on).collect()
}

/// Sends a customer a mail, if it is enabled.
pub(super) fn send_mail(work: &UnitOfWork<'_>, scenario: Scenario, customer: &CustomerId) -> Result<(), Error> {
    if work.program().mails.of(scenario).on { post_mail(work, scenario, customer, None) } else { Ok(()) }
}

/// Records the event of a mail. `to` is the address of a recipient who is not a customer.
fn post_mail(work: &UnitOfWork<'_>, scenario: Scenario, customer: &CustomerId, to: Option<&str>) -> Result<(), Error> {
    let link = links::of_customer(work.tx(), customer)?;
    let referrer = work.referrer(customer)?;
    let address = match (&link, effective(&work.store()?, &referrer)) {
        (Some(link), Ok(rule)) => landing(work, Some(rule)).link(&link.code),
        _ => landing(work, None).as_str().to_owned(),
    };
    let code = link.as_ref().map(|link| link.code.as_str()).unwrap_or_default();
    let name = work.customer(customer)?.name.unwrap_or_default();
    let (subject, body) = work.program().mails.of(scenario).filled(&address, code, &name);
    let data = json!({"subject": subject, "body": body, "to": to});
    Ok(events::record(work.tx(), work.audit(), &format!("mail.{scenario}"), customer.as_str(), &data)?)
}
