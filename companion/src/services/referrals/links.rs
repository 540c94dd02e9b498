//! Links: one a customer, and what becomes of a click.

use super::{Desk, ServiceError, Work};
use crate::secrets;
use crate::services::Audit;
use flux_referral_rules::{
    Click, Code, CustomerId, IssuedLink, Landing, Link, LinkId, Reason, Rule, Scenario, Visit, effective, issue_link,
    make_link_code,
};
use flux_referrals::model::LinkView;
use flux_referrals::storage::links::{self as rows, LinkRow};
use flux_referrals::storage::{clicks, people};
use flux_shop::kind;
use flux_storage::{Tx, events};
use jiff::Timestamp;
use serde_json::json;

/// `POST /links/issue`: the customer's link, and whether it is new. `None`: they do not refer at present.
pub fn issue(
    tx: &Tx<'_>,
    by: &Audit,
    desk: &Desk,
    customer: &CustomerId,
) -> Result<Option<(LinkView, bool)>, ServiceError> {
    people::meet(tx, customer, by.now)?;
    Work::begin(tx, by, desk)?.issue_link(customer)
}

/// The customer's link as it stands, unless they do not refer at present.
pub fn link_of(tx: &Tx<'_>, by: &Audit, desk: &Desk, customer: &CustomerId) -> Result<Option<LinkView>, ServiceError> {
    let work = Work::begin(tx, by, desk)?;
    let referrer = work.referrer(customer)?;
    let Ok(rule) = effective(&work.store(), &referrer) else { return Ok(None) };
    let row = rows::of_customer(tx, customer)?;
    Ok(row.map(|row| work.link_view(&row, rule)))
}

/// Who clicks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Visitor<'a> {
    /// What they are known by: a click of theirs counts once a day.
    pub key: Option<&'a str>,
    /// The `User-Agent` header.
    pub user_agent: Option<&'a str>,
    /// The `Sec-Purpose` or `Purpose` header.
    pub purpose: Option<&'a str>,
}

/// What became of a click.
#[derive(Debug)]
pub enum Clicked {
    /// Nobody has this code.
    Unknown,
    /// The link leads here; the click counted, or was a preview or a repeat.
    Leads {
        /// The link.
        link: LinkView,
    },
    /// The link is dead at present: the store's home page is all that is left.
    Dead {
        /// Why.
        reason: Reason,
        /// The home page.
        home: String,
    },
}

/// A visit of a link.
pub fn click(
    tx: &Tx<'_>,
    by: &Audit,
    desk: &Desk,
    code: &str,
    visitor: Visitor<'_>,
    at: Timestamp,
) -> Result<Clicked, ServiceError> {
    let link = match Code::parse(code) {
        Ok(code) => rows::by_code(tx, &code)?,
        Err(_) => None,
    };
    let Some(link) = link else { return Ok(Clicked::Unknown) };
    let work = Work::begin(tx, by, desk)?;
    let referrer = work.referrer(&link.customer)?;
    let standing = effective(&work.store(), &referrer);
    let last_by_visitor = match visitor.key {
        Some(key) => clicks::last_of(tx, &link.id, key, at)?,
        None => None,
    };
    let visit = Visit { at, user_agent: visitor.user_agent, purpose: visitor.purpose, last_by_visitor };
    match (flux_referral_rules::click(&visit, standing), standing) {
        (Click::Refused(reason), _) | (_, Err(reason)) => {
            let home = work.landing(None).as_str().to_owned();
            Ok(Clicked::Dead { reason, home })
        }
        (click, Ok(rule)) => {
            if click == Click::Counted {
                clicks::add(tx, &link.id, visitor.key, at, &desk.day(at))?;
            }
            Ok(Clicked::Leads { link: work.link_view(&link, rule) })
        }
    }
}

impl Work<'_> {
    pub(super) fn issue_link(&mut self, customer: &CustomerId) -> Result<Option<(LinkView, bool)>, ServiceError> {
        let existing = rows::of_customer(self.tx, customer)?;
        let known = existing.as_ref().map(|row| Link { id: row.id.clone(), code: row.code.clone() });
        let referrer = self.referrer(customer)?;
        let standing = effective(&self.store(), &referrer).cloned();
        let issued = issue_link(known.as_ref(), standing.as_ref().map_err(|reason| *reason));
        let Ok(rule) = standing else { return Ok(None) };
        let (row, is_new) = match (issued, existing) {
            (IssuedLink::Null(_), _) => return Ok(None),
            (_, Some(row)) => (row, false),
            (_, None) => (self.make_link(customer)?, true),
        };
        Ok(Some((self.link_view(&row, &rule), is_new)))
    }

    fn make_link(&mut self, customer: &CustomerId) -> Result<LinkRow, ServiceError> {
        let name = self.customer(customer)?.name;
        let mut failure = None;
        let is_taken = |code: &Code| match rows::by_code(self.tx, code) {
            Ok(found) => found.is_some(),
            Err(error) => {
                failure = Some(error);
                true
            }
        };
        let code = make_link_code(name.as_deref(), |bound| self.desk.below(bound), is_taken);
        let code = match (failure, code) {
            (Some(error), _) => return Err(error.into()),
            (None, code) => code.map_err(|invalid| ServiceError::conflict("no_free_code", invalid.to_string()))?,
        };
        let row = LinkRow {
            id: LinkId::new(secrets::link_id(&*self.desk.entropy)),
            customer: customer.clone(),
            code,
            clicks: 0,
            created_at: self.by.now,
        };
        rows::insert(self.tx, &row, &self.desk.day(self.by.now))?;
        events::record(self.tx, self.by, kind::LINK_ISSUED, row.id.as_str(), &json!({}))?;
        if self.program.program.doors.take_codes() {
            self.mail(Scenario::CodeIssued, customer)?;
        }
        Ok(row)
    }

    pub(super) fn link_view(&self, row: &LinkRow, rule: &Rule) -> LinkView {
        LinkView {
            id: row.id.to_string(),
            code: row.code.to_string(),
            url: self.landing(Some(rule)).link(&row.code),
            customer_id: row.customer.to_string(),
            created_at: row.created_at,
            clicks: row.clicks,
        }
    }

    /// Where links lead: the rule's page, else the program's, else the store's home. A page that is no longer on a host of
    /// the store is not led to.
    pub(super) fn landing(&self, rule: Option<&Rule>) -> Landing {
        let of_rule =
            rule.and_then(|rule| self.rules.docs.get(rule.id.as_str())).and_then(|doc| doc.landing_url.as_ref());
        let addresses = [of_rule, self.program.doc.landing_url.as_ref()];
        let found = addresses.into_iter().flatten().find_map(|address| self.desk.address.landing(address).ok());
        found.unwrap_or_else(|| self.desk.address.home())
    }
}
