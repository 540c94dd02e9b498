//! Quotes and redeems discount codes.

use crate::string_enum::string_enum;
use crate::{Benefit, Code, CustomerId, Discount, DiscountKind, Grant, GrantStatus, Money};
use flux_protocol::OrderId;
use jiff::Timestamp;

/// A discount code and the grant that it came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    /// The code.
    pub code: Code,
    /// Its grant.
    pub grant: Grant,
}

string_enum! {
    /// The reason for a refused discount code.
    pub enum DiscountError {
        /// The customer has no such code, or none that applies automatically.
        UnknownCode = "unknown_code",
        /// It was used.
        Used = "used",
        /// It was taken back.
        Revoked = "revoked",
        /// It has expired.
        TooLate = "too_late",
        /// It is for orders in another currency.
        CurrencyMismatch = "currency_mismatch",
        /// It is for larger orders.
        BelowMinimum = "below_minimum",
    }
}

/// The price of an order with a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The applied code.
    pub coupon: Coupon,
    /// The discount, in minor units.
    pub discount: i64,
    /// The remaining price, in minor units.
    pub total: i64,
    /// True if shipping is free.
    pub free_shipping: bool,
}

/// Quotes an order for a customer: by the entered code, else by the best code that applies automatically (R3-07).
///
/// Coupons of other customers count as unknown. Among equal discounts the first to expire wins, then the lowest code.
pub fn quote(
    customer: &CustomerId,
    order: Money,
    typed: Option<&Code>,
    coupons: &[Coupon],
    at: Timestamp,
) -> Result<Quote, DiscountError> {
    let mut own = coupons.iter().filter(|coupon| coupon.grant.customer == *customer);
    if let Some(code) = typed {
        return own
            .find(|coupon| coupon.code == *code)
            .ok_or(DiscountError::UnknownCode)
            .and_then(|c| value(c, order, at));
    }
    let quotes = own.filter(|coupon| applies_itself(coupon)).filter_map(|coupon| value(coupon, order, at).ok());
    quotes.min_by_key(rank).ok_or(DiscountError::UnknownCode)
}

fn rank(quote: &Quote) -> (i64, bool, Timestamp, Code) {
    let ends = match quote.coupon.grant.status {
        GrantStatus::Issued(issue) | GrantStatus::Expired(issue) => issue.expires_at,
        _ => None,
    };
    (-quote.discount, !quote.free_shipping, ends.unwrap_or(Timestamp::MAX), quote.coupon.code.clone())
}

fn applies_itself(coupon: &Coupon) -> bool {
    matches!(&coupon.grant.terms.benefit, Some(Benefit::Discount(Discount { auto_apply: Some(true), .. })))
}

fn value(coupon: &Coupon, order: Money, at: Timestamp) -> Result<Quote, DiscountError> {
    let Some(Benefit::Discount(terms)) = &coupon.grant.terms.benefit else { return Err(DiscountError::UnknownCode) };
    match coupon.grant.status_at(at) {
        GrantStatus::Issued(_) => {}
        GrantStatus::Used(..) => return Err(DiscountError::Used),
        GrantStatus::Revoked(_) => return Err(DiscountError::Revoked),
        GrantStatus::Expired(_) => return Err(DiscountError::TooLate),
        GrantStatus::Scheduled { .. } | GrantStatus::Cancelled { .. } => return Err(DiscountError::UnknownCode),
    }
    if let Some(minimum) = terms.min_spend {
        if minimum.currency() != order.currency() {
            return Err(DiscountError::CurrencyMismatch);
        }
        if order.amount() < minimum.amount() {
            return Err(DiscountError::BelowMinimum);
        }
    }
    let discount = terms.kind.off(order).ok_or(DiscountError::CurrencyMismatch)?;
    let free_shipping = terms.kind == DiscountKind::FreeShipping;
    Ok(Quote { coupon: coupon.clone(), discount, total: order.less(discount).amount(), free_shipping })
}

/// The result of redeeming a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// The code is used on this order: keep its coupon's grant as it is here.
    Now(Quote),
    /// This order has already used this code. Repeat the answer.
    Before(Coupon),
    /// The code was refused.
    Refused(DiscountError),
}

/// Redeems the code that [`quote`] selects, once per order and once per code.
pub fn redeem(
    customer: &CustomerId,
    order: &OrderId,
    amount: Money,
    typed: Option<&Code>,
    coupons: &[Coupon],
    at: Timestamp,
) -> Redeemed {
    let used_here = |coupon: &&Coupon| matches!(&coupon.grant.status, GrantStatus::Used(_, on) if on == order);
    if let Some(coupon) = coupons.iter().find(used_here) {
        return Redeemed::Before(coupon.clone());
    }
    let mut quote = match quote(customer, amount, typed, coupons, at) {
        Ok(quote) => quote,
        Err(refusal) => return Redeemed::Refused(refusal),
    };
    if let GrantStatus::Issued(issue) | GrantStatus::Expired(issue) = quote.coupon.grant.status {
        quote.coupon.grant.status = GrantStatus::Used(issue, order.clone());
    }
    Redeemed::Now(quote)
}
