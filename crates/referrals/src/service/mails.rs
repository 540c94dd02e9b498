//! Mails: each is recorded as an event, which the mail sender and the webhook deliver.

use super::UnitOfWork;
use super::links::{issue_link, landing};
use crate::Error;
use crate::ReferralContext;
use crate::limits;
use crate::storage::{customers as customers_repo, invitations, links};
use flux_referral_rules::{CustomerId, EmailKey, Scenario, Switches, effective, mail_name};
use flux_shop::Audit;
use flux_storage::{Tx, events};
use serde_json::json;

/// `POST /referrals/invitations`: sends a customer's invitation, if that mail is enabled and neither the customer nor the
/// recipient has had too many within a day.
pub fn invite(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, customer: &CustomerId, to: &str) -> Result<(), Error> {
    customers_repo::ensure_exists(tx, customer, tx.now())?;
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    if !work.program().mails.of(Scenario::Invitation).on {
        return Err(Error::conflict("mail_off", "the mail `invitation` is switched off"));
    }
    let issued = issue_link(&mut work, customer)?;
    issued.ok_or_else(|| Error::conflict("no_rule", "this customer does not refer at present"))?;
    count_invitation(tx, customer, to)?;
    post_mail(&work, Scenario::Invitation, customer, Some(to))
}

/// Counts an invitation, so that nobody floods strangers with mails under the shop's name.
fn count_invitation(tx: &Tx<'_>, customer: &CustomerId, to: &str) -> Result<(), Error> {
    let recipient = EmailKey::of(to).ok_or_else(|| Error::invalid("email", "is no e-mail address"))?;
    let since = tx.now().checked_sub(limits::INVITATIONS_WITHIN).unwrap_or(tx.now());
    let sent = invitations::sent_since(tx, customer, &recipient, since)?;
    if sent.by_customer >= limits::INVITATIONS_OF_CUSTOMER {
        let message = format!("this customer has sent {} invitations within 24 h: try again later", sent.by_customer);
        return Err(Error::conflict("invitation_limit", message));
    }
    if sent.to_recipient >= limits::INVITATIONS_TO_RECIPIENT {
        let message = format!("this address has got {} invitations within 24 h: try again later", sent.to_recipient);
        return Err(Error::conflict("invitation_limit", message));
    }
    Ok(invitations::insert(tx, customer, &recipient)?)
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
    let known = work.customer(customer)?;
    // A name with a link in it gives way to the player's.
    let mut names = known.name.into_iter().chain(known.person.player.map(|player| player.name));
    let name = names.find_map(|name| mail_name(&name)).unwrap_or_default();
    let (subject, body) = work.program().mails.of(scenario).filled(&address, code, &name);
    let data = json!({"subject": subject, "body": body, "to": to});
    Ok(events::record(work.tx(), work.audit(), &format!("mail.{scenario}"), customer.as_str(), &data)?)
}
