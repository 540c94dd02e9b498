//! Links of customers, and clicks on them.

use super::UnitOfWork;
use super::mails::send_code;
use crate::Error;
use crate::ReferralContext;
use crate::dto::LinkView;
use crate::ids;
use crate::storage::clicks::{self, VisitorClicks};
use crate::storage::customers as customers_repo;
use crate::storage::links::{self as links_repo, LinkRow};
use flux_referral_rules::limits::REPEATED_CLICK_SECONDS;
use flux_referral_rules::{
    Click, Code, CustomerId, IssuedLink, Landing, Link, LinkId, Reason, Rule, Visit, effective, make_link_code,
};
use flux_shop::Audit;
use flux_shop::kind;
use flux_storage::{Tx, events};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// `POST /links/issue`: the customer's link, and whether it is new; `None` if no rule applies.
pub fn issue(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    customer: &CustomerId,
) -> Result<Option<(LinkView, bool)>, Error> {
    customers_repo::ensure_exists(tx, customer, tx.now())?;
    issue_link(&mut UnitOfWork::begin(tx, audit, ctx)?, customer)
}

/// The customer's existing link; `None` if no rule applies.
pub fn link_of(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    customer: &CustomerId,
) -> Result<Option<LinkView>, Error> {
    let work = UnitOfWork::begin(tx, audit, ctx)?;
    let referrer = work.referrer(customer)?;
    let Ok(rule) = effective(&work.store()?, &referrer) else { return Ok(None) };
    let row = links_repo::of_customer(tx, customer)?;
    Ok(row.map(|row| link_view(&work, &row, rule)))
}

/// The visitor behind a click.
#[derive(Debug, Clone, Copy, Default)]
pub struct Visitor<'a> {
    /// The visitor's key. Clicks with the same key count once a day.
    pub key: Option<&'a str>,
    /// The `User-Agent` header.
    pub user_agent: Option<&'a str>,
    /// The `Sec-Purpose` or `Purpose` header.
    pub purpose: Option<&'a str>,
}

/// The result of a click.
#[derive(Debug)]
pub enum ClickOutcome {
    /// No customer has this code.
    Unknown,
    /// The link is active. The click counted, or was a preview, a repeat, or one too many.
    Leads {
        /// The link.
        link: LinkView,
        /// The id of the click; `None` for a preview, which is nobody's.
        click_id: Option<String>,
        /// The landing page's address for this visitor.
        url: String,
    },
    /// The link is disabled at present. The visitor gets the store's home page.
    Dead {
        /// The reason.
        reason: Reason,
        /// The home page.
        home: String,
    },
}

/// Records a visit of a link.
pub fn click(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    code: &str,
    visitor: Visitor<'_>,
    at: Timestamp,
) -> Result<ClickOutcome, Error> {
    let link = match Code::parse(code) {
        Ok(code) => links_repo::by_code(tx, &code)?,
        Err(_) => None,
    };
    let Some(link) = link else { return Ok(ClickOutcome::Unknown) };
    let work = UnitOfWork::begin(tx, audit, ctx)?;
    let referrer = work.referrer(&link.customer)?;
    let rule = effective(&work.store()?, &referrer);
    let day = ctx.day(at);
    let since = at.checked_sub(SignedDuration::from_secs(REPEATED_CLICK_SECONDS)).unwrap_or(Timestamp::MIN);
    let known = match visitor.key {
        Some(key) => clicks::of_visitor(tx, &link.id, key, (since, at))?,
        None => VisitorClicks::default(),
    };
    let visit = Visit {
        at,
        user_agent: visitor.user_agent,
        purpose: visitor.purpose,
        last_by_visitor: known.last_on_link,
        by_visitor: known.count,
        on_link: link.clicks_on(&day),
    };
    match (flux_referral_rules::click(&visit, rule), rule) {
        (Click::Refused(reason), _) | (_, Err(reason)) => {
            let home = landing(&work, None).as_str().to_owned();
            Ok(ClickOutcome::Dead { reason, home })
        }
        (click, Ok(rule)) => {
            if click == Click::Counted {
                clicks::add(tx, &link.id, visitor.key, at, &day)?;
            }
            let click_id = (click != Click::Preview).then(|| ids::click_id(&link.id, at));
            let page = landing(&work, Some(rule));
            let url = match &click_id {
                Some(id) => page.link_of_click(&link.code, id),
                None => page.link(&link.code),
            };
            Ok(ClickOutcome::Leads { link: link_view(&work, &link, rule), click_id, url })
        }
    }
}

pub(super) fn issue_link(work: &mut UnitOfWork<'_>, customer: &CustomerId) -> Result<Option<(LinkView, bool)>, Error> {
    let existing = links_repo::of_customer(work.tx(), customer)?;
    let known = existing.as_ref().map(|row| Link { id: row.id.clone(), code: row.code.clone() });
    let referrer = work.referrer(customer)?;
    let rule = effective(&work.store()?, &referrer).cloned();
    let issued = flux_referral_rules::issue_link(known.as_ref(), rule.as_ref().map_err(|reason| *reason));
    let Ok(rule) = rule else { return Ok(None) };
    let (row, is_new) = match (issued, existing) {
        (IssuedLink::Null(_), _) => return Ok(None),
        (_, Some(row)) => (row, false),
        (_, None) => (create_link(work, customer)?, true),
    };
    Ok(Some((link_view(work, &row, &rule), is_new)))
}

fn create_link(work: &mut UnitOfWork<'_>, customer: &CustomerId) -> Result<LinkRow, Error> {
    let name = work.customer(customer)?.name;
    let mut failure = None;
    let is_taken = |code: &Code| match links_repo::by_code(work.tx(), code) {
        Ok(found) => found.is_some(),
        Err(error) => {
            failure = Some(error);
            true
        }
    };
    let code = make_link_code(name.as_deref(), |bound| ids::below(work.tx(), bound), is_taken);
    let code = match (failure, code) {
        (Some(error), _) => return Err(error.into()),
        (None, code) => code.map_err(|invalid| Error::conflict("no_free_code", invalid.to_string()))?,
    };
    let row = LinkRow {
        id: LinkId::new(ids::link_id(work.tx().entropy())),
        customer: customer.clone(),
        code,
        clicks: 0,
        first_click_at: None,
        last_day: None,
        created_at: work.tx().now(),
    };
    links_repo::insert(work.tx(), &row, &work.ctx().day(work.tx().now()))?;
    events::record(work.tx(), work.audit(), kind::LINK_ISSUED, row.id.as_str(), &json!({}))?;
    if work.program().program.channels.take_codes() {
        send_code(work, customer)?;
    }
    Ok(row)
}

pub(super) fn link_view(work: &UnitOfWork<'_>, row: &LinkRow, rule: &Rule) -> LinkView {
    LinkView {
        id: row.id.to_string(),
        code: row.code.to_string(),
        url: landing(work, Some(rule)).link(&row.code),
        customer_id: row.customer.to_string(),
        created_at: row.created_at,
        clicks: row.clicks,
    }
}

/// The landing page of links: the rule's, else the program's, else the store's home page. Pages outside the store's
/// hosts are skipped.
pub(super) fn landing(work: &UnitOfWork<'_>, rule: Option<&Rule>) -> Landing {
    let of_rule =
        rule.and_then(|rule| work.rules().docs.get(rule.id.as_str())).and_then(|doc| doc.landing_url.as_ref());
    let addresses = [of_rule, work.program().doc.landing_url.as_ref()];
    let found = addresses.into_iter().flatten().find_map(|address| work.ctx().address.landing(address).ok());
    found.unwrap_or_else(|| work.ctx().address.home())
}
