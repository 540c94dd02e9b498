//! The invariants, and the rules against the reference model, over streams of events with repeats and in any order.

use crate::builders::*;
use crate::fake_store::*;
use crate::model::{Config, DAY, Event, Model, Timing};
use flux_referral_rules::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

const REFERRERS: [&str; 2] = ["Alice", "Zoe"];
/// The end of every stream, for the last sweep.
const END: i64 = 1_000 * DAY;

fn friend(number: usize) -> String {
    format!("F{number}")
}

/// The core's store with this configuration, with a command beside the referrer's order reward.
fn fake_store(config: &Config) -> FakeStore {
    let mut store = FakeStore::new().with_global(|rule| {
        let order = Side::Referrer;
        if let Some(count) = config.for_registration {
            put(rule, order, Trigger::Registration, points(count));
        }
        if let Some(count) = config.for_order {
            let slot = Slot::new(
                Some(points(count)),
                vec![command("say {player} {referrer} {referee} {count} {order} {reward}")],
            );
            rule.slots.replace(order, Trigger::FirstOrder, Some(slot.unwrap()));
        }
        if config.welcome {
            put(rule, Side::Referee, Trigger::Registration, percent(10));
        }
        if config.thanks {
            put(rule, Side::Referee, Trigger::FirstOrder, percent(20));
        }
        rule.ladder =
            Ladder::new(config.ladder.map(|(from, count)| (from as u32, points(count))).into_iter().collect()).unwrap();
        rule.daily_limit = config.daily.and_then(|count| limit(count as u32));
        rule.order_valid = config.valid.map(days);
        rule.on_return = OnReturn {
            recover_points: config.recover,
            revoke_unused_codes: config.revoke,
            partial: config.partial.parse().unwrap(),
        };
        rule.order_timing = match config.timing {
            Timing::Now => OrderTiming::AtPayment,
            Timing::AfterPayment(count) => OrderTiming::DaysAfterPayment(days(count)),
            Timing::AfterCompletion(count) => OrderTiming::DaysAfterCompletion(days(count), Completion::Told),
        };
    });
    store.program.require_first_purchase = config.first_only;
    store.program.minimum = (config.minimum > 0).then(|| positive(config.minimum, "EUR"));
    store.program.window = config.window.map(days);
    store.program.max_rewards = config.cap.and_then(|cap| limit(cap as u32));
    store.program.reward_expiry = config.expiry.map(days);
    store.add_servers(&["srv_lobby"]);
    REFERRERS.iter().for_each(|name| drop(store.code(name)));
    store
}

fn hear(store: &mut FakeStore, event: Event) {
    match event {
        Event::Signup { friend: who, by, is_guest: false, at: seconds } => {
            let code = store.code(REFERRERS[by]);
            let _ = store.signup(&friend(who), Some(code.as_str()), at(seconds));
        }
        Event::Signup { friend: who, by, is_guest: true, at: seconds } => {
            let code = store.code(REFERRERS[by]);
            let _ = store.bind(&friend(who), Channel::Link, code.as_str(), false, None, at(seconds));
        }
        Event::Register { friend: who, at: seconds } => store.register(&friend(who), at(seconds)),
        Event::Paid { friend: who, order, amount, code, at: seconds } => {
            let code = code.map(|by| store.code(REFERRERS[by]).as_str().to_owned());
            store.paid(&friend(who), &format!("o{order}"), eur(amount), code.as_deref(), at(seconds));
        }
        Event::Completed { order, at: seconds } => store.completed(&format!("o{order}"), at(seconds)),
        Event::Undone { order, at: seconds } => store.undone(&format!("o{order}"), ReversalKind::Refunded, at(seconds)),
        Event::Refunded { order, total, at: seconds } => store.refunded(&format!("o{order}"), total, at(seconds)),
        Event::Redeemed { friend: who, at: seconds } => {
            store.redeem(&friend(who), &format!("r{who}"), eur(1000), at(seconds));
        }
        Event::Released { friend: who, at: seconds } => store.release(&format!("r{who}"), at(seconds)),
        Event::Sweep { at: seconds } => store.sweep(at(seconds)),
    }
}

/// The compared state: rows, grants, balances.
type End =
    (Vec<(String, &'static str, Option<String>)>, BTreeMap<(usize, &'static str, &'static str), String>, Vec<i64>);

fn end_of(store: &FakeStore) -> End {
    let place = |id: &AttributionId| id.as_str()[4..].parse::<usize>().unwrap();
    let rows = store.rows.iter().map(|row| {
        (row.referee.to_string(), row.status.as_str(), row.status.reason().map(|reason| reason.to_string()))
    });
    let grants = store.grants.iter().map(|(key, grant)| {
        ((place(&key.attribution), key.side.as_str(), key.trigger.as_str()), grant.status.as_str().to_owned())
    });
    (rows.collect(), grants.collect(), REFERRERS.iter().map(|name| store.points(name)).collect())
}

fn end_of_model(model: &Model) -> End {
    let rows = model.rows.iter().map(|row| (friend(row.friend), row.status, row.reason.map(str::to_owned)));
    let grants = model.grants.iter().map(|(key, grant)| (*key, grant.status.to_owned()));
    (rows.collect(), grants.collect(), (0..REFERRERS.len()).map(|by| model.points(by)).collect())
}

fn may_become(before: &str, after: &str) -> bool {
    let next: &[&str] = match before {
        "scheduled" => &["issued", "cancelled", "revoked"],
        "issued" => &["used", "expired", "revoked"],
        "expired" => &["used", "revoked"],
        // The order on which the code was used is reversed.
        "used" => &["issued", "expired", "revoked"],
        "pending" => &["qualified", "rewarded", "voided", "expired"],
        "qualified" => &["rewarded", "voided"],
        "rewarded" => &["voided"],
        _ => &[],
    };
    before == after || next.contains(&after)
}

/// Invariants 1 to 4 and 6, after every event.
fn check(config: &Config, before: &FakeStore, after: &FakeStore) -> Result<(), TestCaseError> {
    for (key, grant) in &before.grants {
        prop_assert!(
            may_become(grant.status.as_str(), after.grants[key].status.as_str()),
            "1: {key} {:?} {:?}",
            grant,
            after.grants[key]
        );
        prop_assert_eq!(&grant.terms, &after.grants[key].terms, "D-03");
    }
    for (old, new) in before.rows.iter().zip(&after.rows) {
        // A row that a sweep has expired is looked at by the event's own time again (D-16).
        prop_assert!(
            old.status == Status::Expired || may_become(old.status.as_str(), new.status.as_str()),
            "{:?} {:?}",
            old,
            new
        );
        prop_assert_eq!((&old.referrer, old.bound_at), (&new.referrer, new.bound_at), "D-02");
        let registers = old.registered_at.is_none() && new.registered_at.is_some();
        let is_earlier = new.expires_at.is_some_and(|end| old.expires_at.is_none_or(|before| end < before));
        prop_assert!(old.expires_at == new.expires_at || (registers && is_earlier), "D-24: {:?} {:?}", old, new);
    }
    for name in REFERRERS {
        let own = after.grants.values().filter(|grant| grant.customer == customer(name));
        let live = own.clone().filter(|grant| grant.is_live()).count();
        prop_assert!(config.cap.is_none_or(|cap| live <= cap), "3: {live}");
        let issued = own.filter(|grant| matches!(grant.status, GrantStatus::Issued(_))).map(|grant| {
            let Some(Benefit::Points(points)) = &grant.terms.benefit else { return 0 };
            points.get() - returned_share(config, after, grant, points.get())
        });
        prop_assert_eq!(after.points(name), issued.sum::<i64>(), "2");
    }
    let rewards_orders = after.rules.global().rewards_orders();
    for row in after.rows.iter().filter(|row| row.status == Status::Rewarded) {
        let order = row.purchase.as_ref().map(|purchase| &after.orders[&purchase.order]);
        prop_assert!(order.map_or(!rewards_orders, |order| order.paid.is_some()), "4: {:?}", row);
    }
    for (_, text) in filled(after) {
        let line = flux_delivery::CommandLine::new(&text);
        prop_assert!(line.is_ok() && !text.contains('{') && !text.contains('\n'), "6: {text}");
    }
    Ok(())
}

/// The share of issued points that a return of a part has taken back.
fn returned_share(config: &Config, store: &FakeStore, grant: &Grant, points: i64) -> i64 {
    let row = store.rows.iter().find(|row| row.id == grant.key.attribution).unwrap();
    let purchase = row.purchase.as_ref().filter(|_| grant.key.trigger == Trigger::FirstOrder);
    let is_shared = config.recover && config.partial == "proportional" && row.status.is_successful();
    purchase.filter(|_| is_shared).map_or(0, |of| points * of.refunded / of.amount.amount())
}

fn config() -> impl Strategy<Value = Config> {
    let timing = prop_oneof![
        2 => Just(Timing::Now),
        1 => (1..20_i64).prop_map(Timing::AfterPayment),
        1 => (1..20_i64).prop_map(Timing::AfterCompletion),
    ];
    let few = |most: usize| prop::option::of(1..=most);
    let some_days = || prop::option::of(1..40_i64);
    let clocks = (some_days(), some_days(), timing, some_days());
    let counts = (few(4), few(2), prop::option::of((1..4_usize, 50..60_i64)));
    let rewards = (prop::option::of(1..9_i64), prop::option::of(10..20_i64), any::<bool>(), any::<bool>());
    let partial = prop_oneof![Just("keep"), Just("proportional"), Just("all")];
    let rest = (any::<bool>(), prop_oneof![Just(0), Just(500)], any::<bool>(), any::<bool>(), partial);
    (clocks, counts, rewards, rest).prop_map(|(clocks, counts, rewards, rest)| Config {
        first_only: rest.0,
        minimum: rest.1,
        window: clocks.0,
        cap: counts.0,
        daily: counts.1,
        valid: clocks.1,
        timing: clocks.2,
        recover: rest.2,
        revoke: rest.3,
        partial: rest.4,
        expiry: clocks.3,
        for_registration: rewards.0,
        for_order: rewards.1,
        ladder: counts.2,
        welcome: rewards.2,
        thanks: rewards.3,
    })
}

/// An event at a moment at or beside a day's border, where deadlines are.
fn event() -> impl Strategy<Value = Event> {
    let moment = || (0..45_i64, -1..=1_i64).prop_map(|(day, beside)| day * DAY + beside);
    let amount = prop_oneof![Just(0), Just(499), Just(500), Just(501), Just(2000)];
    let paid = (0..8_usize, amount, prop::option::of(0..2_usize), moment());
    prop_oneof![
        3 => (0..5_usize, 0..2_usize, any::<bool>(), moment()).prop_map(|(friend, by, is_guest, at)| Event::Signup { friend, by, is_guest, at }),
        1 => (0..5_usize, moment()).prop_map(|(friend, at)| Event::Register { friend, at }),
        4 => paid.prop_map(|(order, amount, code, at)| Event::Paid { friend: order % 5, order, amount, code, at }),
        1 => (0..8_usize, moment()).prop_map(|(order, at)| Event::Completed { order, at }),
        2 => (0..8_usize, moment()).prop_map(|(order, at)| Event::Undone { order, at }),
        1 => (0..8_usize, 0..2100_i64, moment()).prop_map(|(order, total, at)| Event::Refunded { order, total, at }),
        1 => (0..5_usize, moment()).prop_map(|(friend, at)| Event::Redeemed { friend, at }),
        1 => (0..5_usize, moment()).prop_map(|(friend, at)| Event::Released { friend, at }),
        1 => moment().prop_map(|at| Event::Sweep { at }),
    ]
}

/// A stream in which some events come again, later.
fn stream() -> impl Strategy<Value = Vec<Event>> {
    let repeats = prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..10);
    (prop::collection::vec(event(), 1..40), repeats).prop_map(|(mut events, repeats)| {
        for (from, to) in repeats {
            events.insert(to.index(events.len() + 1), events[from.index(events.len())]);
        }
        events
    })
}

fn run(config: &Config, events: &[Event]) -> FakeStore {
    let mut store = fake_store(config);
    events.iter().for_each(|event| hear(&mut store, *event));
    store.sweep(at(END));
    store
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn core_matches_the_model_and_keeps_every_invariant(config in config(), events in stream()) {
        let (mut store, mut model) = (fake_store(&config), Model::default());
        for event in events.into_iter().chain([Event::Sweep { at: END }]) {
            let before = store.clone();
            hear(&mut store, event);
            model.hear(&config, event);
            check(&config, &before, &store)?;
            prop_assert_eq!(end_of(&store), end_of_model(&model), "after {:?}", event);
        }
    }

    #[test]
    fn replaying_a_stream_changes_nothing(config in config(), events in stream()) {
        // A redemption that found nothing the first time may find something the second: that is news, and no repeat.
        let events: Vec<Event> = events.into_iter().filter(|event| !matches!(event, Event::Redeemed { .. })).collect();
        // A signup that came too late for a reward, or a registration without a bind, stays what it was.
        let twice: Vec<Event> = events.iter().chain(&events).copied().collect();
        let doubled: Vec<Event> = events.iter().flat_map(|event| [*event, *event]).collect();
        let once = run(&config, &events);
        prop_assert_eq!(end_of(&once), end_of(&run(&config, &doubled)));
        let bound_later = |event: &Event| matches!(event, Event::Signup { .. });
        if !events.iter().skip_while(|event| bound_later(event)).any(bound_later) {
            prop_assert_eq!(end_of(&once), end_of(&run(&config, &twice)));
        }
    }

    #[test]
    fn payment_and_its_reversal_commute(config in config(), mut events in stream(), place in any::<prop::sample::Index>(), is_full in any::<bool>()) {
        // The invariant covers reversible rewards only: an irreversible one depends on the order of payment and reversal.
        let config = Config { recover: true, revoke: true, expiry: None, ..config };
        events.retain(|event| !matches!(event, Event::Undone { order: 9, .. } | Event::Redeemed { .. } | Event::Released { .. }));
        let (order, when) = (9, 50 * DAY);
        let pay = Event::Paid { friend: 1, order, amount: 700, code: Some(0), at: when };
        let undo = if is_full { Event::Undone { order, at: when } } else { Event::Refunded { order, total: 300, at: when } };
        let place = place.index(events.len() + 1);
        let with = |pair: [Event; 2]| {
            let mut events = events.clone();
            events.splice(place..place, pair);
            let store = run(&config, &events);
            let (rows, grants, points) = end_of(&store);
            let live: Vec<_> = grants.into_iter().filter(|(_, status)| !["cancelled", "revoked"].contains(&status.as_str())).collect();
            (rows, live, points, Funnel::of(&store.rows, at(END)).unwrap())
        };
        prop_assert_eq!(with([pay, undo]), with([undo, pay]));
    }
}
