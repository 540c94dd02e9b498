//! Mails: each is recorded as an event, which the mail sender and the webhook deliver. The event has the text as it is then;
//! the sender fills it in again, because a name or a player may have become known since.

use super::UnitOfWork;
use super::links::issue_link;
use super::mail_values::{About, values};
use crate::Error;
use crate::ReferralContext;
use crate::ids::grant_id;
use crate::limits;
use crate::storage::{customers as customers_repo, invitations};
use flux_referral_rules::{CustomerId, EmailKey, Mailing, Scenario, Switches, mail_name};
use flux_shop::{Actor, Audit, Event};
use flux_storage::{Tx, events};
use serde_json::json;

/// `POST /referrals/invitations`: sends a known customer's invitation, if that mail is enabled and neither the customer nor the
/// recipient has had too many within a day.
pub fn invite(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, customer: &CustomerId, to: &str) -> Result<(), Error> {
    let is_known = customers_repo::find(tx, customer)?.is_some() && !customers_repo::is_forgotten(tx, customer)?;
    if !is_known {
        return Err(Error::NotFound("customer: save them first"));
    }
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    if !work.program().mails.is_on(Scenario::Invitation) {
        return Err(Error::conflict("mail_off", "the mail `invitation` is switched off"));
    }
    let issued = issue_link(&mut work, customer)?;
    issued.ok_or_else(|| Error::conflict("no_rule", "this customer does not refer at present"))?;
    count_invitation(tx, customer, to)?;
    post_mail(&work, Scenario::Invitation, customer, &About::default(), Some(to))
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
    Scenario::ALL.iter().copied().filter(|scenario| work.program().mails.is_on(*scenario)).collect()
}

/// Sends a customer their code, if that mail is enabled.
pub(super) fn send_code(work: &UnitOfWork<'_>, customer: &CustomerId) -> Result<(), Error> {
    match work.program().mails.is_on(Scenario::CodeIssued) {
        true => post_mail(work, Scenario::CodeIssued, customer, &About::default(), None),
        false => Ok(()),
    }
}

/// Sends an enabled mail of a decision.
pub(super) fn send_mail(work: &UnitOfWork<'_>, mail: &Mailing) -> Result<(), Error> {
    let Mailing { scenario, customer, grant, friend } = mail;
    let grant = grant.as_ref().map(|key| grant_id(key).as_str().to_owned());
    let about = About { grant_id: grant, friend_id: Some(friend.as_str().to_owned()) };
    post_mail(work, *scenario, customer, &about, None)
}

/// Records the event of a mail. `to` is the address of a recipient who is not a customer.
fn post_mail(
    work: &UnitOfWork<'_>,
    scenario: Scenario,
    customer: &CustomerId,
    about: &About,
    to: Option<&str>,
) -> Result<(), Error> {
    let (subject, body) = work.program().mails.filled(scenario, &values(work, scenario, customer, about)?);
    let data = json!({"subject": subject, "body": body, "to": to, "about": about});
    Ok(events::record(work.tx(), work.audit(), &format!("mail.{scenario}"), customer.as_str(), &data)?)
}

/// The text of a mail at the moment of its sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
    /// The recipient's name; `None` for an invitation, and where nobody knows it.
    pub to_name: Option<String>,
}

/// Fills in the mail of an event with what is known now. `None` for an event without a text of ours: the customer was
/// forgotten, for example.
///
/// # Errors
///
/// The database's.
pub fn letter(tx: &Tx<'_>, ctx: &ReferralContext, event: &Event) -> Result<Option<Letter>, flux_storage::Error> {
    let scenario = event.kind.strip_prefix("mail.").and_then(|name| name.parse().ok());
    let about = event.data.get("about").and_then(|about| serde_json::from_value(about.clone()).ok());
    let (Some(scenario), Some(about)) = (scenario, about) else { return Ok(None) };
    match write_letter(tx, ctx, scenario, &CustomerId::new(event.subject.as_str()), &about) {
        Ok(letter) => Ok(Some(letter)),
        Err(Error::Storage(error)) => Err(error),
        // The event has the text as it was.
        Err(Error::NotFound(_) | Error::NoPanel { .. } | Error::Conflict { .. } | Error::Invalid { .. }) => Ok(None),
    }
}

fn write_letter(
    tx: &Tx<'_>,
    ctx: &ReferralContext,
    scenario: Scenario,
    customer: &CustomerId,
    about: &About,
) -> Result<Letter, Error> {
    let audit = Audit { actor: Actor::companion() };
    let work = UnitOfWork::begin(tx, &audit, ctx)?;
    let (subject, body) = work.program().mails.filled(scenario, &values(&work, scenario, customer, about)?);
    let to_name = match scenario {
        Scenario::Invitation => None,
        Scenario::CodeIssued | Scenario::FriendJoined | Scenario::RewardIssued | Scenario::RewardTakenBack => {
            shown_name(&work, customer)?
        }
    };
    Ok(Letter { subject, body, to_name })
}

/// The name of a customer as a mail may show it. One with a link in it gives way to the player's.
pub(super) fn shown_name(work: &UnitOfWork<'_>, customer: &CustomerId) -> Result<Option<String>, Error> {
    let known = work.customer(customer)?;
    let mut names = known.name.into_iter().chain(known.person.player.map(|player| player.name));
    Ok(names.find_map(|name| mail_name(&name)))
}
