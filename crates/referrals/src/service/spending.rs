//! Quotes and redeems discounts, and spends points.

use crate::Error;
use crate::dto::{QuoteView, ReleasedView};
use crate::ids::{discount_id, grant_id};
use crate::limits;
use crate::storage::grants::{self, GrantRow};
use crate::storage::{attributions, ledger, orders as orders_repo};
use flux_protocol::OrderId;
use flux_referral_rules::{
    Benefit, Cause, Code, Coupon, CustomerId, DiscountError, GrantStatus, Money, Points, Quote, Redeemed, Spent, Unit,
    quote as price, redeem as use_up, release as give_back, spend as pay_with,
};
use flux_shop::Audit;
use flux_shop::kind;
use flux_storage::{Tx, events};
use jiff::Timestamp;
use serde_json::json;

/// `POST /discounts/quote`: by the typed code, else by the best one that applies automatically.
pub fn quote(
    tx: &Tx<'_>,
    customer: &CustomerId,
    order: Money,
    typed: Option<&str>,
    at: Timestamp,
) -> Result<QuoteView, Error> {
    let Ok(typed) = typed.map(Code::parse).transpose() else {
        return Ok(nothing(order, Some(DiscountError::UnknownCode)));
    };
    let coupons = coupons(tx, customer, typed.as_ref(), at)?;
    Ok(match price(customer, order, typed.as_ref(), &coupons, at) {
        Ok(quote) => shown(quote),
        Err(why) => nothing(order, worth_telling(why, typed.as_ref())),
    })
}

/// `POST /discounts/redeem`: redeems the quoted code, once per order. An order without a discount keeps its price.
pub fn redeem(
    tx: &Tx<'_>,
    audit: &Audit,
    customer: &CustomerId,
    (id, order): (&OrderId, Money),
    typed: Option<&str>,
    at: Timestamp,
) -> Result<QuoteView, Error> {
    let known = orders_repo::find(tx, id)?;
    let answer = |quote| QuoteView { order_known: Some(known.is_some()), ..quote };
    let typed = typed.map(Code::parse).transpose().map_err(|_| refused(DiscountError::UnknownCode))?;
    if known.as_ref().is_some_and(|order| order.record.is_reversed()) {
        // A redemption that arrives after the order's reversal, perhaps again, uses nothing up.
        let why = DiscountError::OrderReversed;
        return if typed.is_some() { Err(refused(why)) } else { Ok(answer(nothing(order, Some(why)))) };
    }
    let mut coupons = coupons(tx, customer, typed.as_ref(), at)?;
    coupons.extend(grants::used_by_on(tx, customer, id)?.and_then(|row| row.coupon()));
    match use_up(customer, id, order, typed.as_ref(), &coupons, at) {
        Redeemed::Now(quote) => {
            let grant = &quote.coupon.grant;
            grants::put(tx, grant)?;
            events::record(tx, audit, "grant.used", grant_id(&grant.key).as_str(), &json!({"orderId": id}))?;
            Ok(answer(shown(quote)))
        }
        Redeemed::Before(coupon) => Ok(answer(again(&coupon, order))),
        Redeemed::Refused(why) if typed.is_some() => Err(refused(why)),
        Redeemed::Refused(why) => Ok(answer(nothing(order, worth_telling(why, None)))),
    }
}

/// `DELETE /discounts/redemptions/{orderId}`: gives back the codes that were used on an order. A repeat finds none.
pub fn unredeem(tx: &Tx<'_>, audit: &Audit, id: &OrderId, at: Timestamp) -> Result<Vec<GrantRow>, Error> {
    let mut released = Vec::new();
    for row in grants::used_on(tx, id)? {
        let owner = attributions::find(tx, &row.grant.key.attribution)?.ok_or(Error::NotFound("attribution"))?;
        let Some(grant) = give_back(&row.grant, &owner.attribution, at) else { continue };
        grants::put(tx, &grant)?;
        let data = json!({"orderId": id, "status": grant.status.as_str()});
        events::record(tx, audit, kind::GRANT_RELEASED, row.id.as_str(), &data)?;
        released.push(GrantRow { grant, ..row });
    }
    Ok(released)
}

/// `POST /points/{customerId}/spend`: spends once per reference. Returns the balance after it.
pub fn spend(
    tx: &Tx<'_>,
    audit: &Audit,
    customer: &CustomerId,
    points: Points,
    reference: &str,
    at: Timestamp,
) -> Result<i64, Error> {
    let balance = ledger::balance(tx, customer, Unit::Points)?;
    let before = ledger::find(tx, Cause::Spend, reference)?;
    match pay_with(customer, balance, before.as_ref(), points, reference, at) {
        Spent::Now(entry) => {
            let after = ledger::post(tx, &entry)?.ok_or_else(|| not_enough(balance))?;
            events::record(tx, audit, kind::POINTS_SPENT, reference, &json!({"points": points.get()}))?;
            Ok(after)
        }
        Spent::Before => Ok(balance),
        Spent::OtherAmount => Err(Error::conflict("reference_reused", "this ref has spent something else already")),
        Spent::NotEnough => Err(not_enough(balance)),
    }
}

fn not_enough(balance: i64) -> Error {
    Error::conflict("not_enough_points", format!("there are {balance} points, which are not enough"))
}

fn coupons(tx: &Tx<'_>, customer: &CustomerId, typed: Option<&Code>, at: Timestamp) -> Result<Vec<Coupon>, Error> {
    let rows = match typed {
        Some(code) => grants::by_code(tx, code)?.into_iter().collect(),
        None => grants::that_apply(tx, customer, at, limits::DISCOUNTS_COMPARED)?,
    };
    Ok(rows.iter().filter_map(GrantRow::coupon).collect())
}

/// The reason for no discount, unless the customer simply has none that applies automatically.
fn worth_telling(why: DiscountError, typed: Option<&Code>) -> Option<DiscountError> {
    (typed.is_some() || why != DiscountError::UnknownCode).then_some(why)
}

fn refused(why: DiscountError) -> Error {
    let message = match why {
        DiscountError::UnknownCode => "the customer has no such discount".to_owned(),
        DiscountError::Used => "the discount was used already".to_owned(),
        DiscountError::Revoked => "the discount was taken back".to_owned(),
        DiscountError::TooLate => "the discount has expired".to_owned(),
        DiscountError::CurrencyMismatch => "the discount is for orders in another currency".to_owned(),
        DiscountError::BelowMinimum { missing } => {
            format!("the discount is for larger orders: this one lacks {missing} minor units")
        }
        DiscountError::OrderReversed => "the order was cancelled or paid back: it uses no discount up".to_owned(),
    };
    Error::conflict(why.as_str(), message)
}

fn shown(quote: Quote) -> QuoteView {
    QuoteView {
        discount: quote.discount,
        total: quote.total,
        discount_id: Some(discount_id(&grant_id(&quote.coupon.grant.key))),
        code: Some(quote.coupon.code.to_string()),
        free_shipping: quote.free_shipping,
        expires_at: end_of(&quote.coupon.grant.status),
        reason: None,
        missing: None,
        order_known: None,
    }
}

fn nothing(order: Money, why: Option<DiscountError>) -> QuoteView {
    QuoteView {
        discount: 0,
        total: order.amount(),
        discount_id: None,
        code: None,
        free_shipping: false,
        reason: why.map(|why| why.as_str().to_owned()),
        missing: why.and_then(DiscountError::missing),
        expires_at: None,
        order_known: None,
    }
}

/// A code that was given back, as the API answers it.
pub fn released_view(row: &GrantRow) -> ReleasedView {
    ReleasedView {
        customer_id: row.grant.customer.to_string(),
        discount_id: row.discount.as_ref().map(|(id, _)| id.clone()),
        code: row.discount.as_ref().map(|(_, code)| code.to_string()),
        status: row.grant.status.as_str().to_owned(),
        expires_at: end_of(&row.grant.status),
    }
}

/// The last moment at which a code with this status can, or could, be used.
fn end_of(status: &GrantStatus) -> Option<Timestamp> {
    match status {
        GrantStatus::Issued(issue)
        | GrantStatus::Used(issue, _)
        | GrantStatus::Expired(issue)
        | GrantStatus::Revoked(issue) => issue.expires_at,
        GrantStatus::Scheduled { .. } | GrantStatus::Cancelled { .. } => None,
    }
}

/// The answer to a repeated redemption: that of the first one.
fn again(coupon: &Coupon, order: Money) -> QuoteView {
    let kind = match &coupon.grant.terms.benefit {
        Some(Benefit::Discount(discount)) => Some(&discount.kind),
        _ => None,
    };
    let discount = kind.and_then(|kind| kind.off(order)).unwrap_or_default();
    shown(Quote {
        discount,
        total: order.less(discount).amount(),
        free_shipping: kind == Some(&flux_referral_rules::DiscountKind::FreeShipping),
        coupon: coupon.clone(),
    })
}
