//! Builders of programs, rules and benefits, so that a test reads like its requirement.

use crate::fake_store::{FakeStore, eur};
use flux_referral_rules::*;
use std::num::NonZeroU32;

pub(crate) fn points(points: i64) -> Benefit {
    Benefit::Points(Points::new(points).unwrap())
}

pub(crate) fn percent(percent: i64) -> Benefit {
    Benefit::Discount(DiscountKind::Percent { percent: Percent::new(percent).unwrap(), max_off: None }.into())
}

pub(crate) fn positive(amount: i64, currency: &str) -> PositiveMoney {
    PositiveMoney::new(amount, Currency::parse(currency).unwrap()).unwrap()
}

pub(crate) fn fixed(amount: i64, currency: &str) -> Benefit {
    Benefit::Discount(DiscountKind::Fixed(positive(amount, currency)).into())
}

pub(crate) fn credit(amount: i64, currency: &str) -> Benefit {
    Benefit::StoreCredit(positive(amount, currency))
}

pub(crate) fn free_shipping() -> Benefit {
    Benefit::Discount(DiscountKind::FreeShipping.into())
}

pub(crate) fn days(days: i64) -> Days {
    Days::new(days).unwrap()
}

pub(crate) fn limit(count: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(count)
}

/// A command on all servers.
pub(crate) fn command(template: &str) -> RewardCommand {
    RewardCommand {
        template: Template::parse(template).unwrap(),
        targets: Targets::All,
        require_online: true,
        run_on: RunOn::Issue,
    }
}

pub(crate) fn put(rule: &mut Rule, side: Side, trigger: Trigger, benefit: Benefit) {
    rule.slots.replace(side, trigger, Some(Slot::new(Some(benefit), Vec::new()).unwrap()));
}

/// Both sides get something for the first order: the referrer 100 points, the referee 10 percent.
pub(crate) fn ordinary() -> FakeStore {
    FakeStore::new().with_global(|rule| {
        put(rule, Side::Referrer, Trigger::FirstOrder, points(100));
        put(rule, Side::Referee, Trigger::FirstOrder, percent(10));
    })
}

/// A program with commands for the referrer, on all servers.
pub(crate) fn commands(templates: &[&str]) -> FakeStore {
    let mut store = FakeStore::new().with_global(|rule| {
        let commands = templates.iter().map(|template| command(template)).collect();
        let slot = Slot::new(None, commands).unwrap();
        rule.slots.replace(Side::Referrer, Trigger::FirstOrder, Some(slot));
    });
    store.add_servers(&["srv_lobby"]);
    store
}

/// Alice brings this friend, who registers on day 0.
pub(crate) fn bring(store: &mut FakeStore, friend: &str) {
    let code = store.code("Alice");
    store.signup(friend, Some(code.as_str()), crate::fake_store::day(0)).unwrap();
}

/// The friend's first order, 20.00 EUR on day 1.
pub(crate) fn orders(store: &mut FakeStore, friend: &str, order: &str) -> Option<Reason> {
    store.paid(friend, order, eur(2000), None, crate::fake_store::day(1))
}

/// The lines as an agent fills them in: `(server, line)`.
pub(crate) fn filled(store: &FakeStore) -> Vec<(String, String)> {
    let lines = store.lines.values().map(|(line, _)| {
        let player = store.customers[&line.customer].person.player.clone().unwrap();
        let player = flux_delivery::PlayerName::parse(&player.name, ".").unwrap();
        let text = flux_delivery::fill(line.template.as_str(), Some(&player), None, &line.values).unwrap();
        (line.server.to_string(), text)
    });
    lines.collect()
}
