//! `PUT /program`: the fields for commands and for discount codes.

use crate::builders::*;
use crate::fake_store::*;
use flux_referral_rules::*;

fn saved(store: &FakeStore, put: ProgramPut) -> Result<FakeStore, ValidationError> {
    let (program, rules) = save(put, &store.program, &store.rules, day(5))?;
    Ok(FakeStore { program, rules, ..store.clone() })
}

fn code_program() -> ProgramPut {
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

fn benefit(store: &FakeStore, side: Side) -> Option<Benefit> {
    store.rules.global().slots.get(side, Trigger::FirstOrder).and_then(|slot| slot.benefit().cloned())
}

/// R2-03, C-12.
#[test]
fn save_writes_both_slots_and_activates_the_global_rule() {
    let store = saved(&FakeStore::new(), code_program()).unwrap();
    assert_eq!(store.rules.global().status, RuleStatus::Active);
    assert_eq!(benefit(&store, Side::Referrer), Some(percent(20)));
    assert_eq!(benefit(&store, Side::Referee), Some(percent(10)));
    assert_eq!(store.program.minimum, Some(positive(1000, "EUR")));
    assert_eq!((store.program.window, store.program.reward_expiry), (Some(days(14)), Some(days(30))));
    assert_eq!(store.program.max_rewards, limit(5));
    assert_eq!(store.rules.global().version, 2);
}

/// R2-05, R2-06.
#[test]
fn types_and_values_are_checked_and_zero_means_none() {
    assert_eq!("points".parse::<RewardType>(), Err(UnknownVariant));
    assert_eq!("fixed".parse(), Ok(RewardType::Fixed));
    let refused = |put: ProgramPut| saved(&FakeStore::new(), put).unwrap_err();
    for bad in [-1, 101] {
        assert_eq!(refused(ProgramPut { referrer_value: Patch::Set(bad), ..code_program() }), ValidationError::Percent);
    }
    let put = ProgramPut { reward_type: Some(RewardType::Fixed), referrer_value: Patch::Set(-1), ..code_program() };
    assert_eq!(refused(put), ValidationError::Amount);
    assert_eq!(
        refused(ProgramPut { referrer_value: Patch::Set(5), ..ProgramPut::default() }),
        ValidationError::RewardTypeMissing
    );
    let store = saved(&FakeStore::new(), ProgramPut { referee_value: Patch::Set(0), ..code_program() }).unwrap();
    assert_eq!((benefit(&store, Side::Referrer), benefit(&store, Side::Referee)), (Some(percent(20)), None));
}

/// R2-07.
#[test]
fn currency_is_required_where_money_is_used() {
    let fixed_without = ProgramPut {
        reward_type: Some(RewardType::Fixed),
        minimum: Patch::Keep,
        currency: Patch::Keep,
        ..code_program()
    };
    assert_eq!(saved(&FakeStore::new(), fixed_without).unwrap_err(), ValidationError::CurrencyMissing);
    let minimum_without = ProgramPut { currency: Patch::Keep, ..code_program() };
    assert_eq!(saved(&FakeStore::new(), minimum_without).unwrap_err(), ValidationError::CurrencyMissing);
    assert!(
        saved(&FakeStore::new(), ProgramPut { minimum: Patch::Set(0), currency: Patch::Keep, ..code_program() })
            .is_ok()
    );
    for bad in ["eur", "EURO", "E1R", "", "€UR", "EU"] {
        assert_eq!(Currency::parse(bad), Err(ValidationError::Currency), "{bad}");
    }
}

#[test]
fn a_save_keeps_what_is_absent_and_clears_what_is_null() {
    let first = saved(&FakeStore::new(), code_program()).unwrap();
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
        ProgramPut { window_days: Patch::Set(0), ..code_program() },
        ProgramPut { reward_expiry_days: Patch::Set(3651), ..code_program() },
    ] {
        assert_eq!(saved(&first, bad).unwrap_err(), ValidationError::Days);
    }
    for bad in [0, -1, 1 << 40] {
        assert_eq!(
            saved(&first, ProgramPut { max_rewards: Patch::Set(bad), ..code_program() }).unwrap_err(),
            ValidationError::Limit
        );
    }
}

#[test]
fn a_write_that_turns_the_program_off_leaves_the_rules_alone() {
    let on = saved(&FakeStore::new(), code_program()).unwrap();
    let off = saved(&on, ProgramPut { enabled: Some(false), ..ProgramPut::default() }).unwrap();
    assert_eq!((off.program.state, off.rules.clone()), (ProgramState::Disabled, on.rules.clone()));
    let again = saved(&off, ProgramPut { enabled: Some(true), ..ProgramPut::default() }).unwrap();
    assert_eq!(again.program.state, ProgramState::Enabled { since: day(5) });
    let still = saved(&on, ProgramPut { enabled: Some(true), ..ProgramPut::default() }).unwrap();
    assert_eq!(still.program.state, on.program.state, "on since it was first turned on");
    let drafted = saved(&FakeStore::new(), ProgramPut { enabled: Some(false), ..code_program() }).unwrap();
    assert_eq!(drafted.rules.global().status, RuleStatus::Disabled);
}

/// R0-02, C-01.
#[test]
fn commands_go_to_the_referrers_order_slot() {
    let put = ProgramPut { reward_commands: Patch::Set(vec![command("say hi")]), ..ProgramPut::default() };
    let store = saved(&FakeStore::new(), put.clone()).unwrap();
    let slot = store.rules.global().slots.get(Side::Referrer, Trigger::FirstOrder).unwrap().clone();
    assert_eq!((slot.benefit(), slot.commands().len(), store.rules.global().status), (None, 1, RuleStatus::Active));
    let both = saved(&saved(&FakeStore::new(), code_program()).unwrap(), put).unwrap();
    let slot = both.rules.global().slots.get(Side::Referrer, Trigger::FirstOrder).unwrap().clone();
    assert_eq!((slot.benefit(), slot.commands().len()), (Some(&percent(20)), 1));
    let none = saved(&store, ProgramPut { reward_commands: Patch::Clear, ..ProgramPut::default() }).unwrap();
    assert_eq!(none.rules.global().slots.get(Side::Referrer, Trigger::FirstOrder), None);
    let many = ProgramPut { reward_commands: Patch::Set(vec![command("say hi"); 51]), ..ProgramPut::default() };
    assert_eq!(saved(&store, many).unwrap_err(), ValidationError::TooManyCommands);
}

/// C-09.
#[test]
fn points_survive_a_write_of_commands_only() {
    let store = ordinary();
    let put = ProgramPut { reward_commands: Patch::Set(vec![command("say hi")]), ..ProgramPut::default() };
    let store = saved(&store, put).unwrap();
    assert_eq!(benefit(&store, Side::Referrer), Some(points(100)));
    let fixed_values = ProgramPut { reward_type: Some(RewardType::Fixed), ..code_program() };
    let store = saved(&FakeStore::new(), fixed_values).unwrap();
    let store = saved(&store, ProgramPut { referee_value: Patch::Set(7), ..ProgramPut::default() }).unwrap();
    assert_eq!(
        (benefit(&store, Side::Referrer), benefit(&store, Side::Referee)),
        (Some(fixed(20, "EUR")), Some(fixed(7, "EUR")))
    );
}

#[test]
fn channels_eligibility_and_self_referral_are_settings() {
    let channels = Channels { link: true, code_at_signup: false, code_at_checkout: false };
    let put = ProgramPut {
        channels: Some(channels),
        eligibility: Some(Eligibility::Buyers),
        self_referral: Some(SelfReferral::Allow),
        ..ProgramPut::default()
    };
    let program = saved(&FakeStore::new(), put).unwrap().program;
    assert_eq!(
        (program.channels, program.eligibility, program.self_referral),
        (channels, Eligibility::Buyers, SelfReferral::Allow)
    );
}
