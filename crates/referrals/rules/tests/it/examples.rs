//! The worked examples of `docs/explanation/referrals.md`: each test replays one and finds its output in the document.

use crate::builders::*;
use crate::fake_store::*;
use flux_referral_rules::*;

const DOCUMENT: &str = include_str!("../../../../../docs/explanation/referrals.md");

/// The transcript of an example, as the document has it.
#[derive(Default)]
struct Transcript(String);

impl Transcript {
    fn line(&mut self, line: impl AsRef<str>) {
        self.0.push_str(line.as_ref());
        self.0.push('\n');
    }

    fn assert_documented(&self) {
        let block = format!("```text\n{}```\n", self.0);
        assert!(
            DOCUMENT.contains(&block),
            "docs/explanation/referrals.md must contain
{block}"
        );
    }
}

fn verdict(reason: Option<Reason>) -> &'static str {
    reason.map_or("counts", Reason::as_str)
}

fn day_of(at: jiff::Timestamp) -> i64 {
    at.duration_since(day(0)).as_hours() / 24
}

fn pay(
    store: &mut FakeStore,
    transcript: &mut Transcript,
    on: i64,
    who: &str,
    order: &str,
    cents: i64,
    code: Option<&str>,
) {
    let reason = store.paid(who, order, eur(cents), code, day(on));
    let how = if code.is_some() { " with Alice's code" } else { "" };
    transcript.line(format!("day {on}: {who} pays {}.{:02} EUR{how}: {}", cents / 100, cents % 100, verdict(reason)));
}

/// Adds everybody's codes.
fn codes(store: &FakeStore, transcript: &mut Transcript, people: &[&str]) {
    for who in people {
        for coupon in store.coupons(who) {
            let (GrantStatus::Issued(issue) | GrantStatus::Revoked(issue) | GrantStatus::Used(issue, _)) =
                &coupon.grant.status
            else {
                panic!("{coupon:?}")
            };
            let benefit = coupon.grant.terms.benefit.as_ref().unwrap().label();
            let end = issue.expires_at.map_or_else(String::new, |end| format!(", good until day {}", day_of(end)));
            transcript.line(format!("  {who} has a code: {benefit}, {}{end}", coupon.grant.status.as_str()));
        }
    }
}

#[test]
fn commands_for_the_referrer() {
    let (mut store, mut transcript) = (FakeStore::new(), Transcript::default());
    store.add_servers(&["lobby", "survival"]);
    let put = ProgramPut {
        currency: Patch::Set(Currency::parse("EUR").unwrap()),
        minimum: Patch::Set(1000),
        reward_commands: Patch::Set(vec![
            command("give {player} diamond 10"),
            command("say {referee} came with {referrer}"),
        ]),
        ..ProgramPut::default()
    };
    (store.program, store.rules) = save(put, &store.program, &store.rules, day(0)).unwrap();
    let code = store.code("Alice");
    let code = Some(code.as_str());
    pay(&mut store, &mut transcript, 1, "Bob", "o1", 999, code);
    pay(&mut store, &mut transcript, 2, "Carol", "o2", 1000, code);
    filled(&store).iter().for_each(|(server, line)| transcript.line(format!("  queued on {server}: {line}")));
    pay(&mut store, &mut transcript, 3, "Carol", "o3", 3000, code);
    pay(&mut store, &mut transcript, 4, "Bob", "o4", 2000, code);
    assert_eq!(store.lines.len(), 4);
    transcript.assert_documented();
}

#[test]
fn a_code_for_each_side() {
    let (mut store, mut transcript) = (FakeStore::new(), Transcript::default());
    let put = ProgramPut {
        reward_type: Some(RewardType::Percent),
        referrer_value: Patch::Set(20),
        referee_value: Patch::Set(10),
        currency: Patch::Set(Currency::parse("EUR").unwrap()),
        minimum: Patch::Set(1000),
        reward_expiry_days: Patch::Set(30),
        window_days: Patch::Set(14),
        max_rewards: Patch::Set(1),
        ..ProgramPut::default()
    };
    (store.program, store.rules) = save(put, &store.program, &store.rules, day(0)).unwrap();
    let code = store.code("Alice");
    for (friend, clicked) in [("Bob", -2), ("Carol", -1), ("Dave", 0)] {
        let place = store.bind(friend, Channel::Link, code.as_str(), true, Some(day(clicked)), day(0)).unwrap();
        store.register(friend, day(0));
        let end = day_of(store.rows[place].expires_at.unwrap());
        transcript.line(format!(
            "day 0: {friend} signs up, the click was on day {clicked}: {} until day {end}",
            store.rows[place].status.as_str()
        ));
    }
    pay(&mut store, &mut transcript, 1, "Bob", "o1", 2500, None);
    codes(&store, &mut transcript, &["Alice", "Bob"]);
    pay(&mut store, &mut transcript, 2, "Carol", "o2", 2500, None);
    let skipped = &store.grants_of(&store.rows[1].id)[0].status;
    assert_eq!(*skipped, GrantStatus::Cancelled { skipped: Some(Reason::CapReached) });
    transcript.line("  Alice gets nothing for her: cap_reached");
    codes(&store, &mut transcript, &["Carol"]);
    store.undone("o1", ReversalKind::Refunded, day(5));
    transcript.line(format!("day 5: Bob's order is refunded: {}", store.rows[0].status.as_str()));
    codes(&store, &mut transcript, &["Alice", "Bob"]);
    pay(&mut store, &mut transcript, 15, "Dave", "o3", 2500, None);
    transcript.assert_documented();
}

#[test]
fn registering_and_ordering() {
    let mut transcript = Transcript::default();
    let mut store = FakeStore::new().with_global(|rule| {
        put(rule, Side::Referrer, Trigger::FirstOrder, points(100));
        put(rule, Side::Referee, Trigger::Registration, percent(10));
    });
    let code = store.code("Alice");
    store.register("Erin", day(-9));
    store.signup("Bob", Some(code.as_str()), day(0)).unwrap();
    transcript.line("day 0: Bob registers through Alice's link");
    codes(&store, &mut transcript, &["Bob"]);
    let refused = store.signup("Erin", Some(code.as_str()), day(1)).unwrap_err();
    transcript.line(format!("day 1: Erin, a member since day -9, comes through it too: {}", refused.as_str()));
    let quoted = quote(&customer("Bob"), eur(4000), None, &store.coupons("Bob"), day(3)).unwrap();
    transcript.line(format!("day 3: Bob's cart of 4000 cents: {} off, {} to pay", quoted.discount, quoted.total));
    assert_eq!(store.redeem("Bob", "o1", eur(4000), day(3)), Some(quoted.discount));
    pay(&mut store, &mut transcript, 3, "Bob", "o1", quoted.total, None);
    transcript.line(format!("  Alice has {} points", store.points("Alice")));
    codes(&store, &mut transcript, &["Bob"]);
    store.program.state = ProgramState::Disabled;
    let refused = store.signup("Frank", Some(code.as_str()), day(4)).unwrap_err();
    transcript.line(format!("day 4: the program is off, Frank comes through the link: {}", refused.as_str()));
    transcript.assert_documented();
}

#[test]
fn a_rule_per_tier() {
    let (mut store, mut transcript) = (FakeStore::new(), Transcript::default());
    store.edit_global(|rule| {
        rule.status = RuleStatus::Active;
        put(rule, Side::Referrer, Trigger::Registration, points(10));
    });
    let gold = Tier::parse("gold").unwrap();
    let mut rule = Rule::new(RuleId::new("rule_gold"), RuleName::parse("Gold").unwrap(), Scope::Tier(gold.clone()));
    rule.status = RuleStatus::Active;
    put(&mut rule, Side::Referrer, Trigger::Registration, points(20));
    put(&mut rule, Side::Referrer, Trigger::FirstOrder, points(200));
    put(&mut rule, Side::Referee, Trigger::Registration, fixed(500, "EUR"));
    rule.daily_limit = limit(2);
    rule.order_valid = Some(days(60));
    rule.order_timing = OrderTiming::DaysAfterCompletion(days(7), Completion::Told);
    rule.on_return = OnReturn { recover_points: true, revoke_unused_codes: false, ..OnReturn::default() };
    store.rules.add(rule).unwrap();
    store.customer("Alice").tier = Some(gold);
    let code = store.code("Alice");
    for friend in ["Bob", "Carol", "Dave"] {
        store.signup(friend, Some(code.as_str()), day(0)).unwrap();
        transcript
            .line(format!("day 0: {friend} registers through Alice's link: she has {} points", store.points("Alice")));
    }
    codes(&store, &mut transcript, &["Dave"]);
    pay(&mut store, &mut transcript, 60, "Bob", "o1", 2500, None);
    pay(&mut store, &mut transcript, 61, "Carol", "o2", 2500, None);
    store.completed("o1", day(62));
    for now in [68, 69] {
        store.sweep(day(now));
        transcript
            .line(format!("day {now}: Bob's order was completed on day 62: she has {} points", store.points("Alice")));
    }
    store.undone("o1", ReversalKind::Returned, day(75));
    transcript.line(format!("day 75: Bob returns it: she has {} points", store.points("Alice")));
    transcript.assert_documented();
}
