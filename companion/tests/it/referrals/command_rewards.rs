//! Commands as rewards for the referrer, and their delivery.

use super::fixture::{ReferralFixture, grant, state, why};
use crate::test_app::{list, report, text};
use http::StatusCode;
use serde_json::{Value, json};

const GIVE: &str = "give {player} diamond 10";

/// Template and player of each command that an agent polls.
async fn polled(fixture: &ReferralFixture, token: &str) -> Vec<(String, String)> {
    let commands = list(&fixture.app.poll(token, "j1").await.1, "commands");
    commands.iter().map(|command| (text(command, "command"), text(&command["player"], "name"))).collect()
}

fn line(command: &str, player: &str) -> (String, String) {
    (command.to_owned(), player.to_owned())
}

/// The commands of a reward, newest first.
async fn commands(fixture: &ReferralFixture) -> Vec<Value> {
    list(&fixture.app.get("/commands").await.1, "items")
}

async fn delivery(fixture: &ReferralFixture, attribution: &Value) -> String {
    let id = text(attribution, "id");
    text(&fixture.get(&format!("/attributions/{id}")).await, "delivery")
}

/// R0-02, R0-09, R0-10.
#[tokio::test]
async fn purchase_with_code_queues_referrers_commands_in_order() {
    let fixture = ReferralFixture::command_rewards(
        json!([{"command": GIVE}, {"command": "say {referee} came with {referrer}: {count}, {order}"}]),
    )
    .await;
    let (_, token) = fixture.app.server().await;
    let code = fixture.referrer("alice", "AliceMC").await;
    fixture.app.put("/customers/bob", json!({"player": {"name": "BobMC"}})).await;
    fixture.checkout("s1", "bob", Some(&code)).await;
    assert_eq!(polled(&fixture, &token).await, [], "R0-03: not before it is paid");
    assert_eq!(state(&fixture.fulfil("s1", 100).await.1), ("rewarded", None));
    let answer = list(&fixture.app.poll(&token, "j1").await.1, "commands");
    assert_eq!(answer[0]["kind"], "referral");
    assert_eq!(
        answer[1]["values"],
        json!({"referrer": "AliceMC", "referee": "BobMC", "count": "1", "order": "s1", "reward": ""})
    );
    let lines: Vec<_> = answer.iter().map(|one| (text(one, "command"), text(&one["player"], "name"))).collect();
    assert_eq!(lines, [line(GIVE, "AliceMC"), line("say {referee} came with {referrer}: {count}, {order}", "AliceMC")]);
}

/// R0-04.
#[tokio::test]
async fn disabled_program_queues_nothing_until_enabled_again() {
    let fixture = ReferralFixture::command_rewards(json!([{"command": GIVE}])).await;
    let (_, token) = fixture.app.server().await;
    let code = fixture.referrer("alice", "AliceMC").await;
    fixture.app.put("/referrals/program", json!({"enabled": false})).await;
    assert_eq!(why(&fixture.checkout("s1", "bob", Some(&code)).await), (409, "program_disabled"));
    fixture.fulfil("s1", 100).await;
    assert_eq!(polled(&fixture, &token).await, []);
    fixture.app.put("/referrals/program", json!({"enabled": true})).await;
    assert_eq!(fixture.checkout("s2", "carol", Some(&code)).await.0, StatusCode::CREATED);
    fixture.fulfil("s2", 100).await;
    assert_eq!(polled(&fixture, &token).await, [line(GIVE, "AliceMC")]);
}

/// R0-06, R0-07, D-04.
#[tokio::test]
async fn first_purchase_only_is_the_default_and_can_be_disabled() {
    let fixture = ReferralFixture::command_rewards(json!([{"command": GIVE}])).await;
    fixture.app.server().await;
    let code = fixture.referrer("alice", "AliceMC").await;
    fixture.buy("bob", "s0", 100).await;
    fixture.checkout("s1", "bob", Some(&code)).await;
    assert_eq!(state(&fixture.fulfil("s1", 100).await.1), ("pending", Some("not_first_purchase")));
    fixture.app.put("/referrals/program", json!({"requireFirstPurchase": false})).await;
    for session in ["s2", "s3", "s3"] {
        fixture.checkout(session, "bob", Some(&code)).await;
        assert_eq!(state(&fixture.fulfil(session, 100).await.1), ("rewarded", None), "{session}");
    }
    assert_eq!(commands(&fixture).await.len(), 2, "once per order");
}

/// R0-08, D-01, D-05.
#[tokio::test]
async fn minimum_is_inclusive_and_free_order_never_counts() {
    let fixture = ReferralFixture::command_rewards(json!([{"command": GIVE}])).await;
    fixture.app.put("/referrals/program", json!({"minPurchaseAmount": 1000, "currency": "EUR"})).await;
    let code = fixture.referrer("alice", "AliceMC").await;
    for (friend, amount, expected) in [
        ("b1", 999, ("pending", Some("below_minimum"))),
        ("b2", 1000, ("rewarded", None)),
        ("b3", 0, ("pending", Some("zero_amount"))),
    ] {
        fixture.checkout(friend, friend, Some(&code)).await;
        assert_eq!(state(&fixture.fulfil(friend, amount).await.1), expected, "{amount}");
    }
    assert_eq!(state(&fixture.buy("b3", "s4", 1000).await), ("rewarded", None), "a free order uses nothing up");
}

/// R0-11, R0-12, D-19.
#[tokio::test]
async fn servers_are_one_a_list_or_all_and_missing_is_skipped() {
    let fixture = ReferralFixture::command_rewards(json!([])).await;
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(fixture.app.server().await.0);
    }
    let save = json!({"rewardCommands": [{"command": "one", "servers": [servers[0]]},
        {"command": "two", "servers": [servers[0], servers[1], servers[0]]}, {"command": "all", "servers": "all"}]});
    assert_eq!(fixture.app.put("/referrals/program", save).await.0, StatusCode::OK);
    let code = fixture.referrer("alice", "AliceMC").await;
    fixture.checkout("s1", "bob", Some(&code)).await;
    fixture.fulfil("s1", 100).await;
    let counts = async || {
        let all = commands(&fixture).await;
        ["one", "two", "all"].map(|word| all.iter().filter(|command| command["command"] == word).count())
    };
    assert_eq!(counts().await, [1, 2, 3]);
    fixture.app.delete(&format!("/servers/{}?force=true", servers[0])).await;
    fixture.checkout("s2", "carol", Some(&code)).await;
    fixture.fulfil("s2", 100).await;
    assert_eq!(counts().await, [1, 3, 5], "the removed server is skipped");
    assert!(fixture.app.event_kinds().await.contains(&"grant.server_skipped".to_owned()));
}

/// R0-12.
#[tokio::test]
async fn reward_without_a_command_says_which_server_is_gone() {
    let fixture = ReferralFixture::command_rewards(json!([])).await;
    let (gone, _) = fixture.app.server().await;
    fixture.app.server().await;
    let save = json!({"rewardCommands": [{"command": "one", "servers": [gone]}]});
    assert_eq!(fixture.app.put("/referrals/program", save).await.0, StatusCode::OK);
    let code = fixture.referrer("alice", "AliceMC").await;
    fixture.app.delete(&format!("/servers/{gone}?force=true")).await;
    fixture.checkout("s1", "bob", Some(&code)).await;
    fixture.fulfil("s1", 100).await;
    let attribution = list(&fixture.get("/attributions").await, "items").remove(0);
    let reward = &attribution["grants"][0];
    assert_eq!((&reward["status"], &reward["delivery"]), (&json!("issued"), &json!("failed")), "{attribution}");
    assert_eq!((&reward["leftOut"], &attribution["delivery"]), (&json!([gone]), &json!("failed")));
}

/// R0-13, C-14.
#[tokio::test]
async fn failed_reward_command_is_retried_under_the_same_id() {
    let fixture = ReferralFixture::command_rewards(json!([{"command": GIVE}])).await;
    let (_, token) = fixture.app.server().await;
    let code = fixture.referrer("alice", "AliceMC").await;
    fixture.checkout("s1", "bob", Some(&code)).await;
    fixture.fulfil("s1", 100).await;
    let first = list(&fixture.app.poll(&token, "j1").await.1, "commands").remove(0);
    for (attempt, wait) in [(1, 30), (2, 60), (3, 120)] {
        fixture
            .app
            .report(&token, "j1", json!([report(&text(&first, "id"), attempt, "failed", Some("rejected_by_game"))]))
            .await;
        fixture.app.clock.pass(wait);
        let again = list(&fixture.app.poll(&token, "j1").await.1, "commands").remove(0);
        assert_eq!((&again["id"], &again["attempt"]), (&first["id"], &json!(attempt + 1)));
    }
    fixture.app.report(&token, "j1", json!([report(&text(&first, "id"), 4, "failed", Some("rejected_by_game"))])).await;
    assert_eq!(text(&commands(&fixture).await[0], "status"), "failed");
}

/// R0-18.
#[tokio::test]
async fn history_shows_each_delivery_step() {
    let fixture = ReferralFixture::command_rewards(json!([{"command": GIVE}])).await;
    let (_, token) = fixture.app.server().await;
    let code = fixture.referrer("alice", "AliceMC").await;
    fixture.checkout("s1", "bob", Some(&code)).await;
    let rewarded = fixture.fulfil("s1", 100).await.1;
    assert_eq!(delivery(&fixture, &rewarded).await, "queued");
    let id = text(&list(&fixture.app.poll(&token, "j1").await.1, "commands")[0], "id");
    for (status, reason, expected) in [
        ("awaiting_player", Some("player_offline"), "awaiting_player"),
        ("delivered", None, "queued"),
        ("completed", None, "delivered"),
    ] {
        fixture.app.report(&token, "j1", json!([report(&id, 1, status, reason)])).await;
        assert_eq!(delivery(&fixture, &rewarded).await, expected);
    }
    assert_eq!(commands(&fixture).await[0]["grantId"], grant(&rewarded, "referrer")["id"]);
}

/// R0-19, D-03.
#[tokio::test]
async fn program_edits_affect_later_referrals_only() {
    let fixture = ReferralFixture::command_rewards(json!([{"command": GIVE}])).await;
    let (_, token) = fixture.app.server().await;
    let code = fixture.referrer("alice", "AliceMC").await;
    fixture.checkout("s1", "bob", Some(&code)).await;
    fixture.fulfil("s1", 100).await;
    fixture.app.put("/referrals/program", json!({"rewardCommands": [{"command": "give {player} emerald"}]})).await;
    fixture.checkout("s2", "carol", Some(&code)).await;
    fixture.fulfil("s2", 100).await;
    assert_eq!(polled(&fixture, &token).await, [line(GIVE, "AliceMC"), line("give {player} emerald", "AliceMC")]);
}

/// R0-20.
#[tokio::test]
async fn unknown_code_is_404_and_the_order_goes_on() {
    let fixture = ReferralFixture::command_rewards(json!([{"command": GIVE}])).await;
    let code = fixture.referrer("alice", "AliceMC").await;
    assert_eq!(why(&fixture.checkout("s1", "bob", Some("nobody-1")).await), (404, "unknown_code"));
    assert_eq!(fixture.fulfil("s1", 100).await, (StatusCode::OK, Value::Null));
    let typed = code.to_uppercase();
    assert_eq!(fixture.checkout("s2", "carol", Some(&typed)).await.0, StatusCode::CREATED);
}

/// R0-22.
#[tokio::test]
async fn reward_waits_until_a_player_is_linked() {
    let fixture = ReferralFixture::command_rewards(json!([{"command": GIVE}, {"command": "say hi {player}"}])).await;
    let (_, token) = fixture.app.server().await;
    let code = fixture.code("alice").await;
    fixture.checkout("s1", "bob", Some(&code)).await;
    let rewarded = fixture.fulfil("s1", 100).await.1;
    assert_eq!((state(&rewarded), text(&rewarded, "delivery")), (("rewarded", None), "blocked_no_player".into()));
    assert_eq!(polled(&fixture, &token).await, []);
    fixture.app.put("/customers/alice", json!({"player": {"name": "AliceMC"}})).await;
    assert_eq!(delivery(&fixture, &rewarded).await, "queued");
    fixture.app.put("/customers/alice", json!({"player": {"name": "Alice2"}})).await;
    assert_eq!(
        polled(&fixture, &token).await,
        [line(GIVE, "Alice2"), line("say hi {player}", "Alice2")],
        "a rename before the first dispatch is honoured"
    );
    fixture.app.put("/customers/alice", json!({"player": {"name": "Alice3"}})).await;
    let players = commands(&fixture).await.iter().map(|command| text(&command["player"], "name")).collect::<Vec<_>>();
    assert_eq!(players, ["Alice2", "Alice2"], "and one after it is not: a retry is the identical line");
}

/// R0-24.
#[tokio::test]
async fn queued_reward_follows_its_customer_to_another_player() {
    let other_customer = json!({"player": {"name": "Steve", "uuid": "069a79f444e94726a5befca90e38aaf5"}});
    for (case, who, body) in
        [("claimed by UUID", "other", other_customer), ("unlinked", "alice", json!({"name": "alice"}))]
    {
        let fixture = ReferralFixture::command_rewards(json!([{"command": GIVE}])).await;
        let (_, token) = fixture.app.server().await;
        let code = fixture.referrer("alice", "Steve").await;
        fixture.checkout("s1", "bob", Some(&code)).await;
        let rewarded = fixture.fulfil("s1", 100).await.1;
        let (status, answer) = fixture.app.put(&format!("/customers/{who}"), body).await;
        assert!(status.is_success(), "{case}: {answer}");
        assert_eq!(polled(&fixture, &token).await, [], "not for whoever has the player now: {case}");
        assert_eq!(delivery(&fixture, &rewarded).await, "blocked_no_player", "{case}");
        fixture.app.put("/customers/alice", json!({"player": {"name": "AliceMC"}})).await;
        assert_eq!(polled(&fixture, &token).await, [line(GIVE, "AliceMC")], "{case}");
    }
}

/// R0-24.
#[tokio::test]
async fn what_takes_a_reward_back_stays_with_the_player_who_got_it() {
    let take = "take {player} diamond 10";
    let fixture = ReferralFixture::command_rewards(json!([{"command": GIVE}, {"command": take, "onVoid": true}])).await;
    let (_, token) = fixture.app.server().await;
    let code = fixture.referrer("alice", "AliceMC").await;
    fixture.refer("bob", &code, 100).await;
    let given = list(&fixture.app.poll(&token, "j1").await.1, "commands");
    fixture.app.report(&token, "j1", json!([report(&text(&given[0], "id"), 1, "completed", None)])).await;
    fixture.void("s-bob").await;
    fixture.app.put("/customers/alice", json!({"player": {"name": "Alice2"}})).await;
    assert_eq!(polled(&fixture, &token).await, [line(take, "AliceMC")]);
}

#[tokio::test]
async fn reward_uses_the_name_that_the_known_uuid_joined_with() {
    let fixture = ReferralFixture::command_rewards(json!([{"command": GIVE}])).await;
    let (_, token) = fixture.app.server().await;
    let uuid = "069a79f444e94726a5befca90e38aaf5";
    fixture.app.put("/customers/alice", json!({"player": {"name": "OldName", "uuid": uuid}})).await;
    let code = fixture.code("alice").await;
    fixture.checkout("s1", "bob", Some(&code)).await;
    fixture.fulfil("s1", 100).await;
    let joined = json!({"name": "NewName", "uuid": "069a79f4-44e9-4726-a5be-fca90e38aaf5"});
    let (_, waiting) = fixture.app.as_agent("POST", "/players/joined", &token, "j1", Some(joined)).await;
    assert_eq!(list(&waiting, "commands")[0]["player"]["name"], "NewName");
    assert_eq!(fixture.app.get("/customers/alice").await.1["player"]["name"], "NewName");
}

/// D-09, D-10.
#[tokio::test]
async fn void_cancels_queued_commands_and_reverses_completed_ones() {
    let fixture = ReferralFixture::command_rewards(
        json!([{"command": GIVE}, {"command": "take {player} diamond 10", "onVoid": true}]),
    )
    .await;
    let (_, token) = fixture.app.server().await;
    let code = fixture.referrer("alice", "AliceMC").await;
    for (session, friend) in [("s1", "bob"), ("s2", "carol")] {
        fixture.checkout(session, friend, Some(&code)).await;
        fixture.fulfil(session, 100).await;
    }
    let given = list(&fixture.app.poll(&token, "j1").await.1, "commands");
    assert_eq!(given.len(), 2, "what takes back is not sent yet");
    let [first, second] = [0, 1].map(|at| text(&given[at], "id"));
    fixture
        .app
        .report(&token, "j1", json!([report(&first, 1, "completed", None), report(&second, 1, "delivered", None)]))
        .await;
    let voided = fixture.void("s1").await.1;
    assert_eq!(text(&voided, "delivery"), "delivered", "what has run has run");
    assert_eq!(polled(&fixture, &token).await, [line("take {player} diamond 10", "AliceMC")]);
    fixture.void("s2").await;
    let (_, answer) = fixture.app.poll(&token, "j1").await;
    assert_eq!(list(&answer, "revoked")[0]["id"], json!(second));
    fixture.app.report(&token, "j1", json!([report(&second, 1, "cancelled", None)])).await;
    assert_eq!(commands(&fixture).await.len(), 3, "what has never run is not taken back");
    fixture.app.report(&token, "j1", json!([report(&second, 1, "completed", None)])).await;
    assert_eq!(commands(&fixture).await.len(), 4, "and what ran after all is");
}

/// C-15, D-07.
#[tokio::test]
async fn cap_holds_under_concurrent_payments() {
    let fixture = ReferralFixture::command_rewards(json!([{"command": GIVE}])).await;
    fixture.app.put("/referrals/program", json!({"maxRewardsPerReferrer": 2})).await;
    fixture.app.server().await;
    let code = fixture.referrer("alice", "AliceMC").await;
    for n in 0..20 {
        fixture.checkout(&format!("s{n}"), &format!("b{n}"), Some(&code)).await;
    }
    let sessions: Vec<String> = (0..20).map(|n| format!("s{n}")).collect();
    let all = futures_util::future::join_all(sessions.iter().map(|session| fixture.fulfil(session, 100))).await;
    let rewarded = all.iter().filter(|(_, row)| state(row) == ("rewarded", None)).count();
    let capped = all.iter().filter(|(_, row)| state(row) == ("qualified", Some("cap_reached"))).count();
    assert_eq!((rewarded, capped, commands(&fixture).await.len()), (2, 18, 2));
    fixture.void("s0").await;
    fixture.checkout("s99", "b99", Some(&code)).await;
    assert_eq!(state(&fixture.fulfil("s99", 100).await.1), ("rewarded", None), "D-08: a void frees a place");
}

/// R0-23.
#[tokio::test]
async fn discount_code_refers_nobody() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("alice").await;
    let discount = text(&grant(&fixture.refer("bob", &code, 2500).await, "referrer"), "code");
    assert_eq!(why(&fixture.checkout("s9", "carol", Some(&discount)).await), (404, "unknown_code"));
    let quote = json!({"customerId": "carol", "amount": 1000, "currency": "EUR", "code": code});
    assert_eq!(fixture.app.post("/discounts/quote", quote).await.1["reason"], "unknown_code");
}
