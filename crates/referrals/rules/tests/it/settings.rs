//! `PUT /program`: S0's and S2's fields (4.2).

use crate::kit::*;
use crate::world::*;
use flux_referral_rules::*;

fn saved(world: &World, put: ProgramPut) -> Result<World, Invalid> {
    let (program, rules) = save(put, &world.program, &world.rules, day(5))?;
    Ok(World { program, rules, ..world.clone() })
}

fn ripllo() -> ProgramPut {
    ProgramPut {
        enabled: Some(true),
        reward_type: Some(RewardType::Percent),
        referrer_value: Patch::Set(20),
        referee_value: Patch::Set(10),
        currency: Patch::Set(Currency::parse("EUR").unwrap()),
        minimum: Patch::Set(1000),
        reward_expiry_days: Patch::Set(30),
        window_days: Patch::Set(14),
        max_rewards: Patch::Set(5),
        ..ProgramPut::default()
    }
}

fn benefit(world: &World, side: Side) -> Option<Benefit> {
    world.rules.global().slots.get(side, Trigger::FirstOrder).and_then(|slot| slot.benefit().cloned())
}

#[test]
fn r2_03_and_c_12_a_save_writes_both_slots_with_one_type_and_activates_the_global_rule() {
    let world = saved(&World::new(), ripllo()).unwrap();
    assert_eq!(world.rules.global().status, RuleStatus::Active);
    assert_eq!(benefit(&world, Side::Referrer), Some(percent(20)));
    assert_eq!(benefit(&world, Side::Referee), Some(percent(10)));
    assert_eq!(world.program.minimum, Some(positive(1000, "EUR")));
    assert_eq!((world.program.window, world.program.reward_expiry), (Some(days(14)), Some(days(30))));
    assert_eq!(world.program.max_rewards, limit(5));
    assert_eq!(world.rules.global().version, 2);
}

#[test]
fn r2_05_and_r2_06_types_and_values_are_checked_and_a_zero_is_nothing() {
    assert_eq!(RewardType::from_word("points"), None);
    assert_eq!(RewardType::from_word("fixed"), Some(RewardType::Fixed));
    let refused = |put: ProgramPut| saved(&World::new(), put).unwrap_err();
    for bad in [-1, 101] {
        assert_eq!(refused(ProgramPut { referrer_value: Patch::Set(bad), ..ripllo() }), Invalid::Percent);
    }
    let put = ProgramPut { reward_type: Some(RewardType::Fixed), referrer_value: Patch::Set(-1), ..ripllo() };
    assert_eq!(refused(put), Invalid::Amount);
    assert_eq!(
        refused(ProgramPut { referrer_value: Patch::Set(5), ..ProgramPut::default() }),
        Invalid::RewardTypeMissing
    );
    let world = saved(&World::new(), ProgramPut { referee_value: Patch::Set(0), ..ripllo() }).unwrap();
    assert_eq!((benefit(&world, Side::Referrer), benefit(&world, Side::Referee)), (Some(percent(20)), None));
}

#[test]
fn r2_07_a_currency_is_required_where_money_is_used() {
    let fixed_without =
        ProgramPut { reward_type: Some(RewardType::Fixed), minimum: Patch::Keep, currency: Patch::Keep, ..ripllo() };
    assert_eq!(saved(&World::new(), fixed_without).unwrap_err(), Invalid::CurrencyMissing);
    let minimum_without = ProgramPut { currency: Patch::Keep, ..ripllo() };
    assert_eq!(saved(&World::new(), minimum_without).unwrap_err(), Invalid::CurrencyMissing);
    assert!(saved(&World::new(), ProgramPut { minimum: Patch::Set(0), currency: Patch::Keep, ..ripllo() }).is_ok());
    for bad in ["eur", "EURO", "E1R", "", "€UR", "EU"] {
        assert_eq!(Currency::parse(bad), Err(Invalid::Currency), "{bad}");
    }
}

#[test]
fn a_save_keeps_what_is_absent_and_clears_what_is_null() {
    let first = saved(&World::new(), ripllo()).unwrap();
    let kept = saved(&first, ProgramPut::default()).unwrap();
    assert_eq!((&kept.program, &kept.rules), (&first.program, &first.rules));
    let cleared = ProgramPut {
        minimum: Patch::Clear,
        window_days: Patch::Clear,
        reward_expiry_days: Patch::Clear,
        max_rewards: Patch::Clear,
        referee_value: Patch::Clear,
        ..ProgramPut::default()
    };
    let cleared = saved(&first, cleared).unwrap();
    let program = &cleared.program;
    assert_eq!((program.minimum, program.window, program.reward_expiry, program.max_rewards), (None, None, None, None));
    assert_eq!((benefit(&cleared, Side::Referrer), benefit(&cleared, Side::Referee)), (Some(percent(20)), None));
    for bad in [
        ProgramPut { window_days: Patch::Set(0), ..ripllo() },
        ProgramPut { reward_expiry_days: Patch::Set(3651), ..ripllo() },
    ] {
        assert_eq!(saved(&first, bad).unwrap_err(), Invalid::Days);
    }
    for bad in [0, -1, 1 << 40] {
        assert_eq!(saved(&first, ProgramPut { max_rewards: Patch::Set(bad), ..ripllo() }).unwrap_err(), Invalid::Limit);
    }
}

#[test]
fn a_write_that_turns_the_program_off_leaves_the_rules_alone() {
    let on = saved(&World::new(), ripllo()).unwrap();
    let off = saved(&on, ProgramPut { enabled: Some(false), ..ProgramPut::default() }).unwrap();
    assert_eq!((off.program.master, off.rules.clone()), (Master::Off, on.rules.clone()));
    let again = saved(&off, ProgramPut { enabled: Some(true), ..ProgramPut::default() }).unwrap();
    assert_eq!(again.program.master, Master::On { since: day(5) });
    let still = saved(&on, ProgramPut { enabled: Some(true), ..ProgramPut::default() }).unwrap();
    assert_eq!(still.program.master, on.program.master, "on since it was first turned on");
    let drafted = saved(&World::new(), ProgramPut { enabled: Some(false), ..ripllo() }).unwrap();
    assert_eq!(drafted.rules.global().status, RuleStatus::Disabled);
}

#[test]
fn r0_02_and_c_01_commands_go_to_the_referrers_order_slot_beside_the_value() {
    let put = ProgramPut { reward_commands: Patch::Set(vec![command("say hi")]), ..ProgramPut::default() };
    let world = saved(&World::new(), put.clone()).unwrap();
    let slot = world.rules.global().slots.get(Side::Referrer, Trigger::FirstOrder).unwrap().clone();
    assert_eq!((slot.benefit(), slot.commands().len(), world.rules.global().status), (None, 1, RuleStatus::Active));
    let both = saved(&saved(&World::new(), ripllo()).unwrap(), put).unwrap();
    let slot = both.rules.global().slots.get(Side::Referrer, Trigger::FirstOrder).unwrap().clone();
    assert_eq!((slot.benefit(), slot.commands().len()), (Some(&percent(20)), 1));
    let none = saved(&world, ProgramPut { reward_commands: Patch::Clear, ..ProgramPut::default() }).unwrap();
    assert_eq!(none.rules.global().slots.get(Side::Referrer, Trigger::FirstOrder), None);
    let many = ProgramPut { reward_commands: Patch::Set(vec![command("say hi"); 51]), ..ProgramPut::default() };
    assert_eq!(saved(&world, many).unwrap_err(), Invalid::TooManyCommands);
}

#[test]
fn c_09_points_survive_a_write_of_commands_alone_and_values_keep_their_type() {
    let world = ordinary();
    let put = ProgramPut { reward_commands: Patch::Set(vec![command("say hi")]), ..ProgramPut::default() };
    let world = saved(&world, put).unwrap();
    assert_eq!(benefit(&world, Side::Referrer), Some(points(100)));
    let fixed_values = ProgramPut { reward_type: Some(RewardType::Fixed), ..ripllo() };
    let world = saved(&World::new(), fixed_values).unwrap();
    let world = saved(&world, ProgramPut { referee_value: Patch::Set(7), ..ProgramPut::default() }).unwrap();
    assert_eq!(
        (benefit(&world, Side::Referrer), benefit(&world, Side::Referee)),
        (Some(fixed(20, "EUR")), Some(fixed(7, "EUR")))
    );
}

#[test]
fn doors_eligibility_and_self_referral_are_settings() {
    let doors = Doors { link: true, code_at_signup: false, code_at_checkout: false };
    let put = ProgramPut {
        doors: Some(doors),
        eligibility: Some(Eligibility::Buyers),
        self_referral: Some(SelfReferral::Allow),
        ..ProgramPut::default()
    };
    let program = saved(&World::new(), put).unwrap().program;
    assert_eq!(
        (program.doors, program.eligibility, program.self_referral),
        (doors, Eligibility::Buyers, SelfReferral::Allow)
    );
}
