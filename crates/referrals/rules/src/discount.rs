//! Quotes and redeems discount codes.

use crate::{
    Attribution, Benefit, Code, CustomerId, Discount, DiscountKind, Grant, GrantStatus, Money, Status, Trigger,
};
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

/// The reason for a refused discount code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscountError {
    /// The customer has no such code, or none that applies automatically.
    UnknownCode,
    /// It was used.
    Used,
    /// It was taken back.
    Revoked,
    /// It has expired.
    TooLate,
    /// It is for orders in another currency.
    CurrencyMismatch,
    /// It is for larger orders.
    BelowMinimum {
        /// The amount that the order lacks, in minor units.
        missing: i64,
    },
    /// The order was reversed.
    OrderReversed,
}

impl DiscountError {
    /// The reason as text, in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            DiscountError::UnknownCode => "unknown_code",
            DiscountError::Used => "used",
            DiscountError::Revoked => "revoked",
            DiscountError::TooLate => "too_late",
            DiscountError::CurrencyMismatch => "currency_mismatch",
            DiscountError::BelowMinimum { .. } => "below_minimum",
            DiscountError::OrderReversed => "order_reversed",
        }
    }

    /// The amount that the order lacks, in minor units.
    pub fn missing(self) -> Option<i64> {
        match self {
            DiscountError::BelowMinimum { missing } => Some(missing),
            DiscountError::UnknownCode
            | DiscountError::Used
            | DiscountError::Revoked
            | DiscountError::TooLate
            | DiscountError::CurrencyMismatch
            | DiscountError::OrderReversed => None,
        }
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
/// If none applies, the reason is that of the one whose order lacks the least.
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
    let valued: Vec<_> = own.filter(|coupon| applies_itself(coupon)).map(|coupon| value(coupon, order, at)).collect();
    let refusals = valued.iter().filter_map(|value| value.as_ref().err()).copied().filter(may_change);
    let nearest = refusals.min_by_key(distance).unwrap_or(DiscountError::UnknownCode);
    valued.into_iter().flatten().min_by_key(rank).ok_or(nearest)
}

/// Returns whether another order may not have this reason. Otherwise the discount does not exist for its customer.
fn may_change(why: &DiscountError) -> bool {
    match why {
        DiscountError::BelowMinimum { .. } | DiscountError::CurrencyMismatch => true,
        DiscountError::UnknownCode
        | DiscountError::Used
        | DiscountError::Revoked
        | DiscountError::TooLate
        | DiscountError::OrderReversed => false,
    }
}

fn distance(why: &DiscountError) -> i64 {
    why.missing().unwrap_or(i64::MAX)
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
            let missing = minimum.amount() - order.amount();
            return Err(DiscountError::BelowMinimum { missing });
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

/// Gives a code back whose redemption is undone, because its order was reversed or a storefront asks for it. `None` if
/// the code is not used.
///
/// A code that has expired meanwhile stays expired. One whose own attribution was voided meanwhile is revoked if its
/// terms revoke unused codes, so that the order of the two events does not matter.
pub fn release(grant: &Grant, attribution: &Attribution, at: Timestamp) -> Option<Grant> {
    let GrantStatus::Used(issue, _) = grant.status else { return None };
    let is_voided = grant.key.trigger == Trigger::FirstOrder && matches!(attribution.status, Status::Voided(_));
    let unused = Grant { status: GrantStatus::Issued(issue), ..grant.clone() };
    let status = match unused.status_at(at) {
        GrantStatus::Issued(issue) if is_voided && grant.terms.on_return.revoke_unused_codes => {
            GrantStatus::Revoked(issue)
        }
        status => status,
    };
    Some(Grant { status, ..unused })
}
