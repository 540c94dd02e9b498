//! The worked examples of `docs/explanation/referrals.md`: each is played here, and what comes out must stand in the document, line by line.

use crate::kit::*;
use crate::world::*;
use flux_referral_rules::*;

const DOCUMENT: &str = include_str!("../../../../../docs/explanation/referrals.md");

/// What happened, in the document's words.
#[derive(Default)]
struct Story(String);

impl Story {
    fn say(&mut self, line: impl AsRef<str>) {
        self.0.push_str(line.as_ref());
        self.0.push('\n');
    }

    fn told(&self) {
        let block = format!("```text\n{}```\n", self.0);
        assert!(DOCUMENT.contains(&block), "docs/explanation/referrals.md is to have\n{block}");
    }
}

fn verdict(reason: Option<Reason>) -> &'static str {
    reason.map_or("counts", Reason::as_str)
}

fn day_of(at: jiff::Timestamp) -> i64 {
    at.duration_since(day(0)).as_hours() / 24
}

fn pay(world: &mut World, story: &mut Story, on: i64, who: &str, order: &str, cents: i64, code: Option<&str>) {
    let reason = world.paid(who, order, eur(cents), code, day(on));
    let how = if code.is_some() { " with Alice's code" } else { "" };
    story.say(format!("day {on}: {who} pays {}.{:02} EUR{how}: {}", cents / 100, cents % 100, verdict(reason)));
}

/// Everybody's codes, as they stand.
fn codes(world: &World, story: &mut Story, people: &[&str]) {
    for who in people {
        for coupon in world.coupons(who) {
            let (GrantStatus::Issued(issue) | GrantStatus::Revoked(issue) | GrantStatus::Used(issue, _)) =
                &coupon.grant.status
            else {
                panic!("{coupon:?}")
            };
            let benefit = coupon.grant.terms.benefit.as_ref().unwrap().label();
            let end = issue.expires_at.map_or_else(String::new, |end| format!(", good until day {}", day_of(end)));
            story.say(format!("  {who} has a code: {benefit}, {}{end}", coupon.grant.status.as_str()));
        }
    }
}

#[test]
fn fluxstore_commands_for_the_referrer() {
    let (mut world, mut story) = (World::new(), Story::default());
    world.add_servers(&["lobby", "survival"]);
    let put = ProgramPut {
        currency: Patch::Set(Currency::parse("EUR").unwrap()),
        minimum: Patch::Set(1000),
        reward_commands: Patch::Set(vec![
            command("give {player} diamond 10"),
            command("say {referee} came with {referrer}"),
        ]),
        ..ProgramPut::default()
    };
    (world.program, world.rules) = save(put, &world.program, &world.rules, day(0)).unwrap();
    let code = world.code("Alice");
    let code = Some(code.as_str());
    pay(&mut world, &mut story, 1, "Bob", "o1", 999, code);
    pay(&mut world, &mut story, 2, "Carol", "o2", 1000, code);
    filled(&world).iter().for_each(|(server, line)| story.say(format!("  queued on {server}: {line}")));
    pay(&mut world, &mut story, 3, "Carol", "o3", 3000, code);
    pay(&mut world, &mut story, 4, "Bob", "o4", 2000, code);
    assert_eq!(world.lines.len(), 4);
    story.told();
}

#[test]
fn ripllo_a_code_for_each_side() {
    let (mut world, mut story) = (World::new(), Story::default());
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
    (world.program, world.rules) = save(put, &world.program, &world.rules, day(0)).unwrap();
    let code = world.code("Alice");
    for (friend, clicked) in [("Bob", -2), ("Carol", -1), ("Dave", 0)] {
        let place = world.bind(friend, Door::Link, code.as_str(), true, Some(day(clicked)), day(0)).unwrap();
        world.register(friend, day(0));
        let end = day_of(world.rows[place].expires_at.unwrap());
        story.say(format!(
            "day 0: {friend} signs up, the click was on day {clicked}: {} until day {end}",
            world.rows[place].status.as_str()
        ));
    }
    pay(&mut world, &mut story, 1, "Bob", "o1", 2500, None);
    codes(&world, &mut story, &["Alice", "Bob"]);
    pay(&mut world, &mut story, 2, "Carol", "o2", 2500, None);
    let skipped = &world.grants_of(&world.rows[1].id)[0].status;
    assert_eq!(*skipped, GrantStatus::Cancelled { skipped: Some(Reason::CapReached) });
    story.say("  Alice gets nothing for her: cap_reached");
    codes(&world, &mut story, &["Carol"]);
    world.undone("o1", ReversalKind::Refunded, day(5));
    story.say(format!("day 5: Bob's order is refunded: {}", world.rows[0].status.as_str()));
    codes(&world, &mut story, &["Alice", "Bob"]);
    pay(&mut world, &mut story, 15, "Dave", "o3", 2500, None);
    story.told();
}

#[test]
fn member_system_registering_and_ordering() {
    let mut story = Story::default();
    let mut world = World::new().with_global(|rule| {
        put(rule, Side::Referrer, Trigger::FirstOrder, points(100));
        put(rule, Side::Referee, Trigger::Registration, percent(10));
    });
    let code = world.code("Alice");
    world.register("Erin", day(-9));
    world.signup("Bob", Some(code.as_str()), day(0)).unwrap();
    story.say("day 0: Bob registers through Alice's link");
    codes(&world, &mut story, &["Bob"]);
    let refused = world.signup("Erin", Some(code.as_str()), day(1)).unwrap_err();
    story.say(format!("day 1: Erin, a member since day -9, comes through it too: {}", refused.as_str()));
    let quoted = quote(&customer("Bob"), eur(4000), None, &world.coupons("Bob"), day(3)).unwrap();
    story.say(format!("day 3: Bob's cart of 4000 cents: {} off, {} to pay", quoted.discount, quoted.total));
    assert_eq!(world.redeem("Bob", "o1", eur(4000), day(3)), Some(quoted.discount));
    pay(&mut world, &mut story, 3, "Bob", "o1", quoted.total, None);
    story.say(format!("  Alice has {} points", world.points("Alice")));
    codes(&world, &mut story, &["Bob"]);
    world.program.master = Master::Off;
    let refused = world.signup("Frank", Some(code.as_str()), day(4)).unwrap_err();
    story.say(format!("day 4: the program is off, Frank comes through the link: {}", refused.as_str()));
    story.told();
}

#[test]
fn rijoy_a_rule_per_tier() {
    let (mut world, mut story) = (World::new(), Story::default());
    world.edit_global(|rule| {
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
    rule.order_timing = OrderTiming::DaysAfterCompletion(days(7));
    rule.on_return = OnReturn { recover_points: true, revoke_unused_codes: false };
    world.rules.add(rule).unwrap();
    world.customer("Alice").tier = Some(gold);
    let code = world.code("Alice");
    for friend in ["Bob", "Carol", "Dave"] {
        world.signup(friend, Some(code.as_str()), day(0)).unwrap();
        story.say(format!("day 0: {friend} registers through Alice's link: she has {} points", world.points("Alice")));
    }
    codes(&world, &mut story, &["Dave"]);
    pay(&mut world, &mut story, 60, "Bob", "o1", 2500, None);
    pay(&mut world, &mut story, 61, "Carol", "o2", 2500, None);
    world.completed("o1", day(62));
    for now in [68, 69] {
        world.sweep(day(now));
        story.say(format!("day {now}: Bob's order was completed on day 62: she has {} points", world.points("Alice")));
    }
    world.undone("o1", ReversalKind::Returned, day(75));
    story.say(format!("day 75: Bob returns it: she has {} points", world.points("Alice")));
    story.told();
}
