//! The accounts of the store in memory: discount codes and points.

use crate::fake_store::{FakeStore, OrderId, customer};
use flux_referral_rules::*;
use jiff::Timestamp;

impl FakeStore {
    pub(crate) fn coupons(&self, who: &str) -> Vec<Coupon> {
        let own = self.codes.iter().filter(|(key, _)| self.grants[*key].customer == customer(who));
        own.map(|(key, code)| Coupon { code: code.clone(), grant: self.grants[key].clone() }).collect()
    }

    pub(crate) fn redeem(&mut self, who: &str, order: &str, amount: Money, at: Timestamp) -> Option<i64> {
        let redeemed = redeem(&customer(who), &order.parse().unwrap(), amount, None, &self.coupons(who), at);
        let Redeemed::Now(quote) = redeemed else { return None };
        self.grants.insert(quote.coupon.grant.key.clone(), quote.coupon.grant);
        Some(quote.discount)
    }

    /// Undoes the redemption of an order, as its reversal does.
    pub(crate) fn release(&mut self, order: &str, at: Timestamp) {
        let order: OrderId = order.parse().unwrap();
        for grant in self.grants.clone().values() {
            let row = self.rows.iter().find(|row| row.id == grant.key.attribution).unwrap();
            if matches!(&grant.status, GrantStatus::Used(_, on) if *on == order) {
                self.grants.insert(grant.key.clone(), release(grant, row, at).unwrap());
            }
        }
    }

    pub(crate) fn points(&self, who: &str) -> i64 {
        let own = self.ledger.iter().filter(|entry| entry.customer == customer(who));
        balance(own, Unit::Points).unwrap()
    }
}
