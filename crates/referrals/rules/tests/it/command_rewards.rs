//! Commands for the referrer (requirements R0).

use crate::builders::*;
use crate::fake_store::*;
use flux_referral_rules::*;
use std::collections::{BTreeMap, BTreeSet};

const DIAMOND: &str = "give {player} diamond 10";

/// R0-01.
#[test]
fn each_customer_has_one_unique_code() {
    let mut store = FakeStore::new();
    assert_eq!(store.code("Alice").as_str(), store.code("Alice").as_str());
    let codes: BTreeSet<Code> =
        ["Alice", "ALICE", "alice", "Bob", "Ali ce"].into_iter().map(|name| store.code(name)).collect();
    assert_eq!(codes.len(), 5);
}

/// R0-02.
#[test]
fn completed_purchase_with_code_queues_referrers_commands() {
    let mut store = commands(&[DIAMOND]);
    let code = store.code("Alice");
    assert_eq!(store.paid("Bob", "o1", eur(1), Some(code.as_str()), day(1)), None);
    assert_eq!(store.lines.len(), 1);
    assert_eq!(store.rows[0].status, Status::Rewarded);
    assert_eq!(store.rows[0].channel, Channel::CodeCheckout);
}

/// R0-03.
#[test]
fn unfinished_checkout_queues_nothing() {
    let mut store = commands(&[DIAMOND]);
    let code = store.code("Alice");
    store.bind("Bob", Channel::CodeCheckout, code.as_str(), false, None, day(1)).unwrap();
    store.sweep(day(100));
    assert!(store.lines.is_empty());
    let row = store.rows[0].clone();
    let (referrer, order) = (store.referrer(&customer("Alice")), OrderRecord::new("o1".parse().unwrap()));
    let referee = store.customers[&customer("Bob")].person.clone();
    let context = Store { program: &store.program, rules: &store.rules, servers: &store.servers };
    let facts =
        Payment { attribution: row.clone(), referrer: &referrer, referee: &referee, order: &order, has_bought: false };
    assert_eq!(pay(&context, facts), Decision { attribution: row, changes: vec![], reason: None });
}

/// R0-04.
#[test]
fn disabled_rewards_nothing_until_enabled_again() {
    let mut store = commands(&[DIAMOND]);
    let code = store.code("Alice");
    store.program.state = ProgramState::Disabled;
    assert_eq!(store.paid("Bob", "o1", eur(1), Some(code.as_str()), day(1)), None);
    assert!(store.rows.is_empty() && store.lines.is_empty());
    store.program.state = ProgramState::Enabled { since: day(2) };
    store.paid("Carol", "o2", eur(1), Some(code.as_str()), day(3));
    assert_eq!(store.lines.len(), 1);
}

/// R0-05.
#[test]
fn first_purchase_is_required_by_default() {
    let store = FakeStore::new();
    assert!(store.program.require_first_purchase);
    let (saved, _) = save(ProgramPut::default(), &store.program, &store.rules, day(0)).unwrap();
    assert!(saved.require_first_purchase);
    let put = ProgramPut { require_first_purchase: Some(false), ..ProgramPut::default() };
    assert!(!save(put, &store.program, &store.rules, day(0)).unwrap().0.require_first_purchase);
}

/// R0-06.
#[test]
fn buyer_with_an_earlier_purchase_earns_nothing() {
    let mut store = commands(&[DIAMOND]);
    let code = store.code("Alice");
    store.paid("Bob", "o1", eur(1), None, day(1));
    assert_eq!(store.paid("Bob", "o2", eur(1), Some(code.as_str()), day(2)), Some(Reason::NotFirstPurchase));
    assert!(store.lines.is_empty());
}

/// R0-07.
#[test]
fn repeat_purchases_reward_once_per_order_without_the_flag() {
    let mut store = commands(&[DIAMOND]);
    store.program.require_first_purchase = false;
    let code = store.code("Alice");
    for (count, order) in ["o1", "o2", "o2", "o3"].into_iter().enumerate() {
        store.paid("Bob", order, eur(1), Some(code.as_str()), day(count as i64));
    }
    assert_eq!((store.rows.len(), store.lines.len()), (3, 3));
    store.paid("Bob", "o4", eur(1), None, day(9));
    assert_eq!(store.lines.len(), 3, "without a code an order is just an order");
}

/// R0-08, R2-08, D-01.
#[test]
fn minimum_is_inclusive_and_optional() {
    for (minimum, amount, expected) in [
        (Some(1000), 999, Some(Reason::BelowMinimum)),
        (Some(1000), 1000, None),
        (Some(1000), 1001, None),
        (None, 1, None),
        (None, 0, Some(Reason::ZeroAmount)),
    ] {
        let mut store = commands(&[DIAMOND]);
        store.program.minimum = minimum.map(|amount| positive(amount, "EUR"));
        let code = store.code("Alice");
        assert_eq!(store.paid("Bob", "o1", eur(amount), Some(code.as_str()), day(1)), expected, "{amount}");
        assert_eq!(store.lines.len(), usize::from(expected.is_none()), "{minimum:?} {amount}");
    }
}

/// R0-09.
#[test]
fn commands_keep_their_order_on_each_server() {
    let mut store = commands(&["say one", "say two", "say three"]);
    store.add_servers(&["srv_pvp"]);
    let code = store.code("Alice");
    store.paid("Bob", "o1", eur(1), Some(code.as_str()), day(1));
    for server in ["srv_lobby", "srv_pvp"] {
        let lines: Vec<String> =
            filled(&store).into_iter().filter(|(on, _)| on == server).map(|(_, line)| line).collect();
        assert_eq!(lines, ["say one", "say two", "say three"]);
    }
}

/// R0-10.
#[test]
fn player_placeholder_is_the_referrers_name() {
    let mut store = commands(&[DIAMOND, "say {referrer} {referee} {count} {order} {reward}."]);
    let code = store.code("Alice");
    store.paid("Bob", "o1", eur(1), Some(code.as_str()), day(1));
    let lines: Vec<String> = filled(&store).into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines, ["give AliceMC diamond 10", "say AliceMC BobMC 1 o1 ."]);
    assert!(store.lines.values().all(|(line, _)| line.customer == customer("Alice")));
}

/// R0-10.
#[test]
fn player_placeholder_is_the_referee_in_the_referees_slot() {
    let mut store = FakeStore::new().with_global(|rule| {
        let slot = Slot::new(Some(points(5)), vec![command(DIAMOND), command("say {reward}")]).unwrap();
        rule.slots.add(Side::Referee, Trigger::Registration, slot).unwrap();
    });
    store.add_servers(&["srv_lobby"]);
    bring(&mut store, "Bob");
    let lines: Vec<String> = filled(&store).into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines, ["give BobMC diamond 10", "say 5_points"]);
}

/// R0-11.
#[test]
fn servers_are_one_a_list_or_all() {
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
    assert_eq!(list(&[]), Err(ValidationError::Servers));
}

/// R0-12.
#[test]
fn duplicate_unknown_and_deleted_servers_are_handled() {
    let (a, b): (ServerId, ServerId) = ("a".parse().unwrap(), "b".parse().unwrap());
    let both: BTreeSet<ServerId> = [a.clone(), b.clone()].into();
    let list = ServerList::new(&[b.clone(), a.clone(), b.clone()], &both).unwrap();
    assert_eq!(list.as_slice(), [b.clone(), a.clone()]);
    let only_a: BTreeSet<ServerId> = [a.clone()].into();
    assert_eq!(ServerList::new(&[a, b.clone()], &only_a), Err(ValidationError::UnknownServer(b.clone())));
    let commands = [command("say x"), RewardCommand { targets: Targets::These(list), ..command("say y") }];
    let made = fan_out(&commands, RunOn::Issue, &only_a, &customer("Alice"), &BTreeMap::new());
    assert_eq!((made.lines.len(), made.skipped), (2, vec![(1, b)]));
}

/// R0-13.
#[test]
fn toggle_like_command_is_detected() {
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

/// R0-15, R3-22.
#[test]
fn code_check_names_each_channel_and_has_no_side_effects() {
    let closed = Some(BindError::ChannelClosed);
    let off = Some(BindError::Because(Reason::ProgramDisabled));
    for (state, [link, code_at_signup, code_at_checkout], expected) in [
        (true, [true, true, true], [None, None, None]),
        (true, [true, true, false], [None, None, closed]),
        (true, [false, false, true], [closed, closed, None]),
        (true, [false, true, false], [closed, None, closed]),
        (false, [false, true, true], [off, off, off]),
    ] {
        let mut store = ordinary();
        store.code("Alice");
        store.program.channels = Channels { link, code_at_signup, code_at_checkout };
        if !state {
            store.program.state = ProgramState::Disabled;
        }
        let context = Store { program: &store.program, rules: &store.rules, servers: &store.servers };
        let owner = store.referrer(&customer("Alice"));
        let judged = [Channel::Link, Channel::CodeSignup, Channel::CodeCheckout]
            .map(|channel| validate(&context, &owner, channel).err());
        assert_eq!(judged, expected);
        assert!(store.rows.is_empty());
    }
}

/// R0-16.
#[test]
fn eligibility_is_decided_when_the_purchase_completes() {
    let mut store = ordinary();
    let code = store.code("Alice");
    store.paid("Bob", "o1", eur(1), None, day(1));
    assert!(store.bind("Bob", Channel::CodeCheckout, code.as_str(), false, None, day(2)).is_ok());
    assert_eq!(store.paid("Bob", "o2", eur(1), None, day(2)), Some(Reason::NotFirstPurchase));
}

/// R0-17.
#[test]
fn totals_and_best_referrers_are_counted() {
    let mut store = ordinary();
    for (referrer, friends) in [("Alice", 2), ("Carol", 3), ("Erin", 2), ("Frank", 1)] {
        let code = store.code(referrer);
        for friend in 0..friends {
            let who = format!("{referrer}{friend}");
            store.signup(&who, Some(code.as_str()), day(friend)).unwrap();
            if referrer != "Frank" {
                store.paid(&who, &format!("o-{who}"), eur(10), None, day(9));
            }
        }
    }
    let funnel = Funnel::of(&store.rows, day(9)).unwrap();
    assert_eq!((funnel.total(), funnel.successful(), funnel.pending), (8, 7, 1));
    let funnel =
        Funnel { pending: 1, qualified: 20, rewarded: 300, voided: 4_000, expired: 50_000, ..Funnel::default() };
    assert_eq!((funnel.total(), funnel.successful()), (54_321, 320));
    let top = top_referrers(&store.rows, 2);
    assert_eq!(
        top.iter().map(|one| (one.customer.as_str(), one.successful)).collect::<Vec<_>>(),
        [("Carol", 3), ("Alice", 2)]
    );
    assert_eq!(top[0].last_at, day(2));
    assert_eq!(top_referrers(&store.rows, 9).len(), 3, "who has brought nobody who bought is not there");
}

/// R0-18.
#[test]
fn delivery_status_follows_the_commands() {
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

/// R0-19.
#[test]
fn queued_rewards_keep_the_old_commands() {
    let mut store = commands(&["say old"]);
    bring(&mut store, "Bob");
    bring(&mut store, "Carol");
    orders(&mut store, "Bob", "o1");
    store.edit_global(|rule| {
        let slot = Slot::new(None, vec![command("say new")]).unwrap();
        rule.slots.replace(Side::Referrer, Trigger::FirstOrder, Some(slot));
    });
    orders(&mut store, "Carol", "o2");
    let lines: Vec<String> = filled(&store).into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines, ["say old", "say new"]);
}

/// R0-20.
#[test]
fn code_ignores_case_and_blanks_and_unknown_code_is_no_error() {
    let mut store = ordinary();
    let code = store.code("Alice");
    for (friend, typed) in
        [("Bob", format!("  {} ", code.as_str().to_uppercase())), ("Carol", code.as_str().to_lowercase())]
    {
        store.bind(friend, Channel::CodeCheckout, &typed, false, None, day(0)).unwrap();
    }
    for unknown in ["nobody-234", "", "   ", "a b", "alice-7Q9\n;", "ä"] {
        let refused = store.bind("Dave", Channel::CodeCheckout, unknown, false, None, day(0));
        assert_eq!(refused, Err(BindError::UnknownCode), "{unknown:?}");
        assert_eq!(BindError::UnknownCode.as_str(), "unknown_code");
    }
    assert_eq!(store.paid("Dave", "o1", eur(10), Some("nobody-234"), day(1)), None);
    assert!(store.orders[&"o1".parse().unwrap()].is_purchase());
}

/// R0-21.
#[test]
fn repeated_purchase_queues_one_set_of_commands() {
    let mut store = commands(&[DIAMOND]);
    let code = store.code("Alice");
    store.paid("Bob", "o1", eur(1), Some(code.as_str()), day(1));
    let before = store.rows.clone();
    assert_eq!(store.paid("Bob", "o1", eur(1), Some(code.as_str()), day(2)), None);
    assert_eq!((store.lines.len(), store.rows), (1, before));
}

/// R0-22.
#[test]
fn reward_without_a_player_is_recorded_and_waits() {
    let mut store = commands(&[DIAMOND]);
    store.customer("Alice").person.player = None;
    let code = store.code("Alice");
    store.paid("Bob", "o1", eur(1), Some(code.as_str()), day(1));
    assert_eq!(store.rows[0].status, Status::Rewarded);
    let (line, state) = store.lines.values().next().unwrap();
    assert_eq!((line.customer.as_str(), line.values["referrer"].as_str()), ("Alice", ""));
    assert_eq!(Delivery::of(false, [*state]), Delivery::BlockedNoPlayer);
    store.customer("Alice").person.player = Some(Player { name: "Ally".to_owned(), uuid: None });
    assert_eq!(filled(&store)[0].1, "give Ally diamond 10", "the name is looked up when the line is sent");
}
