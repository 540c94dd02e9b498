//! S0, FluxStore: commands for the referrer.

use crate::kit::*;
use crate::world::*;
use flux_referral_rules::*;
use std::collections::{BTreeMap, BTreeSet};

const DIAMOND: &str = "give {player} diamond 10";

#[test]
fn r0_01_one_code_per_customer_and_no_two_customers_with_one() {
    let mut world = World::new();
    assert_eq!(world.code("Alice").as_str(), world.code("Alice").as_str());
    let codes: BTreeSet<Code> =
        ["Alice", "ALICE", "alice", "Bob", "Ali ce"].into_iter().map(|name| world.code(name)).collect();
    assert_eq!(codes.len(), 5);
}

#[test]
fn r0_02_a_completed_purchase_with_a_code_queues_the_referrers_commands() {
    let mut world = commands(&[DIAMOND]);
    let code = world.code("Alice");
    assert_eq!(world.paid("Bob", "o1", eur(1), Some(code.as_str()), day(1)), None);
    assert_eq!(world.lines.len(), 1);
    assert_eq!(world.rows[0].status, Status::Rewarded);
    assert_eq!(world.rows[0].door, Door::CodeCheckout);
}

#[test]
fn r0_03_a_checkout_that_is_never_completed_queues_nothing() {
    let mut world = commands(&[DIAMOND]);
    let code = world.code("Alice");
    world.bind("Bob", Door::CodeCheckout, code.as_str(), false, None, day(1)).unwrap();
    world.sweep(day(100));
    assert!(world.lines.is_empty());
    let row = world.rows[0].clone();
    let (referrer, order) = (world.referrer(&customer("Alice")), OrderRecord::new("o1".parse().unwrap()));
    let referee = world.customers[&customer("Bob")].person.clone();
    let store = Store { program: &world.program, rules: &world.rules, servers: &world.servers };
    let facts =
        Payment { attribution: row.clone(), referrer: &referrer, referee: &referee, order: &order, has_bought: false };
    assert_eq!(pay(&store, facts), Decision { attribution: row, changes: vec![], reason: None });
}

#[test]
fn r0_04_off_rewards_nothing_and_on_again_rewards_what_comes_then() {
    let mut world = commands(&[DIAMOND]);
    let code = world.code("Alice");
    world.program.master = Master::Off;
    assert_eq!(world.paid("Bob", "o1", eur(1), Some(code.as_str()), day(1)), None);
    assert!(world.rows.is_empty() && world.lines.is_empty());
    world.program.master = Master::On { since: day(2) };
    world.paid("Carol", "o2", eur(1), Some(code.as_str()), day(3));
    assert_eq!(world.lines.len(), 1);
}

#[test]
fn r0_05_first_purchase_is_required_unless_it_is_said_otherwise() {
    let world = World::new();
    assert!(world.program.require_first_purchase);
    let (saved, _) = save(ProgramPut::default(), &world.program, &world.rules, day(0)).unwrap();
    assert!(saved.require_first_purchase);
    let put = ProgramPut { require_first_purchase: Some(false), ..ProgramPut::default() };
    assert!(!save(put, &world.program, &world.rules, day(0)).unwrap().0.require_first_purchase);
}

#[test]
fn r0_06_a_buyer_with_an_earlier_purchase_earns_nobody_anything() {
    let mut world = commands(&[DIAMOND]);
    let code = world.code("Alice");
    world.paid("Bob", "o1", eur(1), None, day(1));
    assert_eq!(world.paid("Bob", "o2", eur(1), Some(code.as_str()), day(2)), Some(Reason::NotFirstPurchase));
    assert!(world.lines.is_empty());
}

#[test]
fn r0_07_without_the_flag_repeat_purchases_with_a_code_reward_once_per_order() {
    let mut world = commands(&[DIAMOND]);
    world.program.require_first_purchase = false;
    let code = world.code("Alice");
    for (count, order) in ["o1", "o2", "o2", "o3"].into_iter().enumerate() {
        world.paid("Bob", order, eur(1), Some(code.as_str()), day(count as i64));
    }
    assert_eq!((world.rows.len(), world.lines.len()), (3, 3));
    world.paid("Bob", "o4", eur(1), None, day(9));
    assert_eq!(world.lines.len(), 3, "without a code an order is just an order");
}

#[test]
fn r0_08_r2_08_and_d_01_the_minimum_is_inclusive_and_without_one_any_positive_total_counts() {
    for (minimum, amount, expected) in [
        (Some(1000), 999, Some(Reason::BelowMinimum)),
        (Some(1000), 1000, None),
        (Some(1000), 1001, None),
        (None, 1, None),
        (None, 0, Some(Reason::ZeroAmount)),
    ] {
        let mut world = commands(&[DIAMOND]);
        world.program.minimum = minimum.map(|amount| positive(amount, "EUR"));
        let code = world.code("Alice");
        assert_eq!(world.paid("Bob", "o1", eur(amount), Some(code.as_str()), day(1)), expected, "{amount}");
        assert_eq!(world.lines.len(), usize::from(expected.is_none()), "{minimum:?} {amount}");
    }
}

#[test]
fn r0_09_a_list_of_commands_keeps_its_order_on_each_server() {
    let mut world = commands(&["say one", "say two", "say three"]);
    world.add_servers(&["srv_pvp"]);
    let code = world.code("Alice");
    world.paid("Bob", "o1", eur(1), Some(code.as_str()), day(1));
    for server in ["srv_lobby", "srv_pvp"] {
        let lines: Vec<String> =
            filled(&world).into_iter().filter(|(on, _)| on == server).map(|(_, line)| line).collect();
        assert_eq!(lines, ["say one", "say two", "say three"]);
    }
}

#[test]
fn r0_10_player_is_the_referrers_username() {
    let mut world = commands(&[DIAMOND, "say {referrer} {referee} {count} {order} {reward}."]);
    let code = world.code("Alice");
    world.paid("Bob", "o1", eur(1), Some(code.as_str()), day(1));
    let lines: Vec<String> = filled(&world).into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines, ["give AliceMC diamond 10", "say AliceMC BobMC 1 o1 ."]);
    assert!(world.lines.values().all(|(line, _)| line.customer == customer("Alice")));
}

#[test]
fn r0_10_player_is_the_referee_in_the_referees_slot() {
    let mut world = World::new().with_global(|rule| {
        let slot = Slot::new(Some(points(5)), vec![command(DIAMOND), command("say {reward}")]).unwrap();
        rule.slots.add(Side::Referee, Trigger::Registration, slot).unwrap();
    });
    world.add_servers(&["srv_lobby"]);
    bring(&mut world, "Bob");
    let lines: Vec<String> = filled(&world).into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines, ["give BobMC diamond 10", "say 5_points"]);
}

#[test]
fn r0_11_one_server_a_list_or_all() {
    let registered: BTreeSet<ServerId> = ["a", "b", "c"].map(|id| id.parse().unwrap()).into();
    let list = |ids: &[&str]| {
        let ids: Vec<ServerId> = ids.iter().map(|id| id.parse().unwrap()).collect();
        ServerList::new(&ids, &registered).map(Targets::These)
    };
    for (targets, count) in [(list(&["b"]).unwrap(), 1), (list(&["c", "a"]).unwrap(), 2), (Targets::All, 3)] {
        let commands = [RewardCommand { targets, ..command("say x") }];
        let made = fan_out(&commands, RunOn::Issue, &registered, &customer("Alice"), &BTreeMap::new());
        assert_eq!((made.lines.len(), made.skipped.len()), (count, 0));
    }
    assert_eq!(list(&[]), Err(Invalid::Servers));
}

#[test]
fn r0_12_a_server_named_twice_counts_once_an_unknown_one_is_refused_and_a_deleted_one_skipped() {
    let (a, b): (ServerId, ServerId) = ("a".parse().unwrap(), "b".parse().unwrap());
    let both: BTreeSet<ServerId> = [a.clone(), b.clone()].into();
    let list = ServerList::new(&[b.clone(), a.clone(), b.clone()], &both).unwrap();
    assert_eq!(list.as_slice(), [b.clone(), a.clone()]);
    let only_a: BTreeSet<ServerId> = [a.clone()].into();
    assert_eq!(ServerList::new(&[a, b.clone()], &only_a), Err(Invalid::UnknownServer(b.clone())));
    let commands = [command("say x"), RewardCommand { targets: Targets::These(list), ..command("say y") }];
    let made = fan_out(&commands, RunOn::Issue, &only_a, &customer("Alice"), &BTreeMap::new());
    assert_eq!((made.lines.len(), made.skipped), (2, vec![(1, b)]));
}

#[test]
fn r0_13_a_command_that_looks_like_a_toggle_is_told_apart() {
    for word in
        ["fly {player}", "/fly {player}", "Fly {player}", "essentials:god {player}", "togglepvp {player}", "vanish"]
    {
        assert!(Template::parse(word).unwrap().toggle_word().is_some(), "{word}");
    }
    for word in
        ["give {player} fly 1", "flying {player}", "lp user {player} parent add vip", "gamemode creative {player}"]
    {
        assert_eq!(Template::parse(word).unwrap().toggle_word(), None, "{word}");
    }
}

#[test]
fn r0_15_a_code_is_judged_at_checkout_without_side_effects() {
    let mut world = ordinary();
    world.code("Alice");
    let judge = |world: &World| {
        let store = Store { program: &world.program, rules: &world.rules, servers: &world.servers };
        validate(&store, &world.referrer(&customer("Alice")))
    };
    assert_eq!(judge(&world), CodeVerdict::Valid);
    world.program.doors.code_at_checkout = false;
    assert_eq!(judge(&world), CodeVerdict::NotEligible);
    world.program.doors.code_at_checkout = true;
    world.program.master = Master::Off;
    assert_eq!(judge(&world), CodeVerdict::NotEligible);
    assert!(world.rows.is_empty());
}

#[test]
fn r0_16_eligibility_is_judged_when_the_purchase_completes() {
    let mut world = ordinary();
    let code = world.code("Alice");
    world.paid("Bob", "o1", eur(1), None, day(1));
    assert!(world.bind("Bob", Door::CodeCheckout, code.as_str(), false, None, day(2)).is_ok());
    assert_eq!(world.paid("Bob", "o2", eur(1), None, day(2)), Some(Reason::NotFirstPurchase));
}

#[test]
fn r0_17_totals_and_the_top_referrers() {
    let mut world = ordinary();
    for (referrer, friends) in [("Alice", 2), ("Carol", 3), ("Erin", 2), ("Frank", 1)] {
        let code = world.code(referrer);
        for friend in 0..friends {
            let who = format!("{referrer}{friend}");
            world.signup(&who, Some(code.as_str()), day(friend)).unwrap();
            if referrer != "Frank" {
                world.paid(&who, &format!("o-{who}"), eur(10), None, day(9));
            }
        }
    }
    let funnel = Funnel::of(&world.rows, day(9)).unwrap();
    assert_eq!((funnel.total(), funnel.successful(), funnel.pending), (8, 7, 1));
    let funnel =
        Funnel { pending: 1, qualified: 20, rewarded: 300, voided: 4_000, expired: 50_000, ..Funnel::default() };
    assert_eq!((funnel.total(), funnel.successful()), (54_321, 320));
    let top = top_referrers(&world.rows, 2);
    assert_eq!(
        top.iter().map(|one| (one.customer.as_str(), one.successful)).collect::<Vec<_>>(),
        [("Carol", 3), ("Alice", 2)]
    );
    assert_eq!(top[0].last_at, day(2));
    assert_eq!(top_referrers(&world.rows, 9).len(), 3, "who has brought nobody who bought is not there");
}

#[test]
fn r0_18_the_delivery_follows_the_commands() {
    use LineState::*;
    for (has_player, lines, expected) in [
        (true, vec![], Delivery::None),
        (false, vec![], Delivery::None),
        (false, vec![Pending, Completed], Delivery::BlockedNoPlayer),
        (false, vec![AwaitingPlayer], Delivery::BlockedNoPlayer),
        (false, vec![Completed], Delivery::Delivered),
        (true, vec![Failed, AwaitingPlayer, Pending], Delivery::AwaitingPlayer),
        (true, vec![Failed, Pending], Delivery::Queued),
        (true, vec![Delivered, Completed], Delivery::Queued),
        (true, vec![Failed, Cancelled], Delivery::Failed),
        (true, vec![Completed, Failed], Delivery::Partial),
        (true, vec![Completed, Cancelled], Delivery::Partial),
        (true, vec![Completed, Completed], Delivery::Delivered),
        (true, vec![Cancelled], Delivery::Cancelled),
    ] {
        assert_eq!(Delivery::of(has_player, lines.iter().copied()), expected, "{has_player} {lines:?}");
    }
}

#[test]
fn r0_19_later_referrals_use_new_commands_and_queued_ones_keep_the_old() {
    let mut world = commands(&["say old"]);
    bring(&mut world, "Bob");
    bring(&mut world, "Carol");
    orders(&mut world, "Bob", "o1");
    world.edit_global(|rule| {
        let slot = Slot::new(None, vec![command("say new")]).unwrap();
        rule.slots.replace(Side::Referrer, Trigger::FirstOrder, Some(slot));
    });
    orders(&mut world, "Carol", "o2");
    let lines: Vec<String> = filled(&world).into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines, ["say old", "say new"]);
}

#[test]
fn r0_20_case_and_blanks_do_not_matter_and_an_unknown_code_stops_no_order() {
    let mut world = ordinary();
    let code = world.code("Alice");
    for (friend, typed) in
        [("Bob", format!("  {} ", code.as_str().to_uppercase())), ("Carol", code.as_str().to_lowercase())]
    {
        world.bind(friend, Door::CodeCheckout, &typed, false, None, day(0)).unwrap();
    }
    for unknown in ["nobody-234", "", "   ", "a b", "alice-7Q9\n;", "ä"] {
        let refused = world.bind("Dave", Door::CodeCheckout, unknown, false, None, day(0));
        assert_eq!(refused, Err(Refusal::UnknownCode), "{unknown:?}");
        assert_eq!(Refusal::UnknownCode.as_str(), "unknown_code");
    }
    assert_eq!(world.paid("Dave", "o1", eur(10), Some("nobody-234"), day(1)), None);
    assert!(world.orders[&"o1".parse().unwrap()].is_purchase());
}

#[test]
fn r0_21_the_same_purchase_twice_queues_one_set_of_commands() {
    let mut world = commands(&[DIAMOND]);
    let code = world.code("Alice");
    world.paid("Bob", "o1", eur(1), Some(code.as_str()), day(1));
    let before = world.rows.clone();
    assert_eq!(world.paid("Bob", "o1", eur(1), Some(code.as_str()), day(2)), None);
    assert_eq!((world.lines.len(), world.rows), (1, before));
}

#[test]
fn r0_22_without_a_player_the_reward_is_recorded_and_its_commands_wait() {
    let mut world = commands(&[DIAMOND]);
    world.customer("Alice").person.player = None;
    let code = world.code("Alice");
    world.paid("Bob", "o1", eur(1), Some(code.as_str()), day(1));
    assert_eq!(world.rows[0].status, Status::Rewarded);
    let (line, state) = world.lines.values().next().unwrap();
    assert_eq!((line.customer.as_str(), line.values["referrer"].as_str()), ("Alice", ""));
    assert_eq!(Delivery::of(false, [*state]), Delivery::BlockedNoPlayer);
    world.customer("Alice").person.player = Some(Player { name: "Ally".to_owned(), uuid: None });
    assert_eq!(filled(&world)[0].1, "give Ally diamond 10", "the name is looked up when the line is sent");
}
