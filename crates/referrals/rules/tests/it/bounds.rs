//! Every limit on both sides, and the texts of enums.

use crate::builders::*;
use crate::fake_store::*;
use flux_referral_rules::*;

#[test]
fn names_and_tiers_have_bounds() {
    for good in ["a", "vip-1_x", &"x".repeat(32)] {
        assert_eq!(Tier::parse(good).unwrap().as_str(), good);
        assert_eq!(Tier::parse(good).unwrap().to_string(), good);
    }
    for bad in ["", "all", "VIP", "a b", "ä", &"x".repeat(33)] {
        assert_eq!(Tier::parse(bad), Err(ValidationError::Tier), "{bad}");
    }
    assert_eq!(RuleName::parse("  Gold  ").unwrap().as_str(), "Gold");
    assert!(RuleName::parse(&"ü".repeat(100)).is_ok());
    for bad in ["", "  ", "a\nb", &"x".repeat(101)] {
        assert_eq!(RuleName::parse(bad), Err(ValidationError::RuleName), "{bad}");
    }
}

#[test]
fn a_list_of_servers_and_a_list_of_commands_have_bounds() {
    let ids: Vec<ServerId> = (0..501).map(|place| format!("s{place}").parse().unwrap()).collect();
    let registered = ids.iter().cloned().collect();
    assert_eq!(ServerList::new(&ids, &registered), Err(ValidationError::Servers));
    assert!(ServerList::new(&ids[..500], &registered).is_ok());
    assert!(Slot::new(None, vec![command("say hi"); 50]).is_ok());
    assert_eq!(Slot::new(None, vec![command("say hi"); 51]), Err(ValidationError::TooManyCommands));
    assert!(Ladder::new((1..=50).map(|from| (from, points(1))).collect()).is_ok());
}

#[test]
fn what_lies_in_the_way_is_a_conflict_and_the_rest_is_not() {
    for conflict in [
        ValidationError::NameTaken,
        ValidationError::TierTaken,
        ValidationError::SlotTaken,
        ValidationError::GlobalRule,
    ] {
        assert!(conflict.is_conflict());
    }
    for bad in [ValidationError::Points, ValidationError::UnknownRule, ValidationError::Landing] {
        assert!(!bad.is_conflict());
    }
}

#[test]
fn the_closed_list_of_reasons_is_this_one() {
    let words: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    let expected = "refunded cancelled chargeback returned self_referral existing_customer circular cap_reached daily_limit_reached below_minimum \
                    not_first_purchase currency_mismatch program_disabled no_rule too_late zero_amount admin";
    assert_eq!(words, expected.split(' ').collect::<Vec<_>>());
    assert!(Reason::ALL.iter().all(|reason| reason.as_str().parse() == Ok(*reason)));
    assert_eq!("bored".parse::<Reason>(), Err(UnknownVariant));
}

#[test]
fn status_round_trips_through_two_columns() {
    let all = [
        Status::Pending,
        Status::Qualified(None),
        Status::Qualified(Some(Reason::CapReached)),
        Status::Rewarded,
        Status::Expired,
        Status::Voided(Reason::Refunded),
    ];
    for status in all {
        assert_eq!(Status::from_stored(status.as_str(), status.reason()), Some(status));
    }
    assert_eq!(Status::from_stored("voided", None), None);
    assert_eq!(Status::from_stored("lost", None), None);
}

#[test]
fn a_grants_key_and_enums_have_the_texts_of_json() {
    let key = GrantKey { attribution: AttributionId::new("att_1"), side: Side::Referrer, trigger: Trigger::FirstOrder };
    assert_eq!(key.to_string(), "att_1/referrer.firstOrder");
    assert_eq!(
        Channel::ALL.iter().map(|channel| channel.as_str()).collect::<Vec<_>>(),
        ["link", "codeSignup", "codeCheckout"]
    );
    assert_eq!(Delivery::BlockedNoPlayer.to_string(), "blocked_no_player");
}

#[test]
fn a_grants_expiry_binds_to_the_second_and_is_written_down_once() {
    let mut store = ordinary();
    store.program.reward_expiry = Some(days(10));
    bring(&mut store, "Bob");
    orders(&mut store, "Bob", "o1");
    let grant = store.coupons("Bob")[0].grant.clone();
    assert_eq!(grant.status_at(day(11)).as_str(), "issued");
    assert_eq!(grant.status_at(at(11 * 86_400 + 1)).as_str(), "expired");
    assert!(sweep::expire_rewards(store.grants.values(), day(11)).is_empty());
    assert_eq!(sweep::expire_rewards(store.grants.values(), at(11 * 86_400 + 1)).len(), 1);
    store.sweep(day(12));
    assert!(sweep::expire_rewards(store.grants.values(), day(13)).is_empty());
    store.undone("o1", ReversalKind::Refunded, day(13));
    assert_eq!(store.coupons("Bob")[0].grant.status.as_str(), "expired", "there is nothing left to take back");
}
