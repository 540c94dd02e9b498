//! Quotes and redeems discounts, and spends points.

use crate::Error;
use crate::dto::QuoteView;
use crate::ids::{discount_id, grant_id};
use crate::limits;
use crate::storage::{grants, ledger};
use flux_protocol::OrderId;
use flux_referral_rules::{
    Benefit, Cause, Code, Coupon, CustomerId, DiscountError, Money, Points, Quote, Redeemed, Spent, Unit,
    quote as price, redeem as use_up, spend as pay_with,
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
        Err(why) => nothing(order, Some(why).filter(|_| typed.is_some())),
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
    let typed = typed.map(Code::parse).transpose().map_err(|_| refused(DiscountError::UnknownCode))?;
    let mut coupons = coupons(tx, customer, typed.as_ref(), at)?;
    coupons.extend(grants::used_on(tx, customer, id)?.and_then(|row| row.coupon()));
    match use_up(customer, id, order, typed.as_ref(), &coupons, at) {
        Redeemed::Now(quote) => {
            let grant = &quote.coupon.grant;
            grants::put(tx, grant)?;
            events::record(tx, audit, "grant.used", grant_id(&grant.key).as_str(), &json!({"orderId": id}))?;
            Ok(shown(quote))
        }
        Redeemed::Before(coupon) => Ok(again(&coupon, order)),
        Redeemed::Refused(why) if typed.is_some() => Err(refused(why)),
        Redeemed::Refused(_) => Ok(nothing(order, None)),
    }
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
    Ok(rows.iter().filter_map(grants::GrantRow::coupon).collect())
}

fn refused(why: DiscountError) -> Error {
    let message = match why {
        DiscountError::UnknownCode => "the customer has no such discount",
        DiscountError::Used => "the discount was used already",
        DiscountError::Revoked => "the discount was taken back",
        DiscountError::TooLate => "the discount has expired",
        DiscountError::CurrencyMismatch => "the discount is for orders in another currency",
        DiscountError::BelowMinimum => "the discount is for larger orders",
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
        reason: None,
    }
}

fn nothing(order: Money, why: Option<DiscountError>) -> QuoteView {
    QuoteView {
        discount: 0,
        total: order.amount(),
        discount_id: None,
        code: None,
        free_shipping: false,
        reason: why.map(|why| why.to_string()),
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
