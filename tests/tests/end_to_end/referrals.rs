//! Referrals with the real programs: a reward in the game, and repeated, reordered events with kills.

use crate::test_env::{LIMIT, TestEnv};
use flux_testkit::testbed::{Programs, StoreApi, Testbed, Who};
use hyper::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;

const FRIENDS: u64 = 100;
const KILLS: u64 = 200;

/// A seeded sequence of numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// An event that the storefront reports: a path, and a body with its natural key and its time.
type Event = (&'static str, Value);

/// The events of each friend: sign-up, purchase, and completion or void. `shuffled` moves some voids before their payments.
fn friends_events(codes: &[String], dice: &mut Dice) -> Vec<Event> {
    let mut events = Vec::new();
    let mut minutes = 0;
    let mut tell = |path, mut body: Value| {
        minutes += 1;
        body["occurredAt"] =
            json!(format!("2026-11-{:02}T{:02}:{:02}:00Z", 1 + minutes / 1_440, minutes / 60 % 24, minutes % 60));
        events.push((path, body));
    };
    for friend in 0..FRIENDS {
        let (id, session) = (format!("f{friend}"), format!("s{friend}"));
        let code = &codes[dice.below(codes.len() as u64) as usize];
        tell("signup", json!({"accountId": "store", "refereeCustomerId": id, "linkCode": code}));
        tell("checkout", json!({"accountId": "store", "checkoutSessionId": session, "customerId": id}));
        tell(
            "fulfill",
            json!({"checkoutSessionId": session, "status": "paid", "currency": "EUR", "amount": 500 + dice.below(1_000)}),
        );
        tell("complete", json!({"checkoutSessionId": session}));
        if friend % 3 == 0 {
            tell("void", json!({"checkoutSessionId": session, "reason": "returned"}));
        }
        if friend % 5 == 0 {
            tell(
                "void",
                json!({"checkoutSessionId": session, "refundedAmount": 100, "refundId": format!("r{friend}")}),
            );
        }
    }
    events
}

/// The same events with repeats, and with some voids before the payments that they undo.
fn shuffled(mut events: Vec<Event>, dice: &mut Dice) -> Vec<Event> {
    for place in 2..events.len() {
        let is_pair = events[place].0 == "void" && events[place - 2].0 == "fulfill";
        if is_pair && dice.below(3) == 0 {
            events.swap(place, place - 2);
        }
    }
    let mut all = Vec::new();
    for event in events {
        all.push(event.clone());
        if dice.below(4) == 0 {
            let earlier = dice.below(all.len() as u64) as usize;
            all.push(all[earlier].clone());
        }
    }
    all
}

async fn set_up(folder: &TempDir) -> (Testbed, StoreApi, Vec<String>) {
    let mut testbed = Testbed::prepare(folder.path(), Programs::beside_this().unwrap()).await.unwrap();
    let api = testbed.start_companion().await.unwrap();
    let program = json!({"enabled": true, "rewardType": "percent", "referrerValue": 20, "refereeValue": 10, "currency": "EUR",
        "minPurchaseAmount": 600, "maxRewardsPerReferrer": 20});
    api.put("/api/v1/referrals/program", program).await.unwrap();
    let points = json!({"status": "active", "slots": {"referrer": {"registration": {"benefit": {"type": "points", "points": 5}}}}});
    api.put("/api/v1/referrals/rules/rule_global", points).await.unwrap();
    let mut codes = Vec::new();
    for id in ["r0", "r1", "r2"] {
        let body = json!({"accountId": "store", "customerId": id});
        let link = api.post("/api/v1/referrals/links/issue", body).await.unwrap();
        codes.push(link["code"].as_str().unwrap().to_owned());
    }
    (testbed, api, codes)
}

async fn tell(api: &StoreApi, (path, body): &Event) -> Option<u16> {
    let path = format!("/api/v1/referrals/attributions/{path}");
    let call = api.call(Method::POST, &path, Some(body.clone())).await;
    call.ok().map(|(status, _)| status.as_u16())
}

/// The result of the rules: statuses, live grants, balances and statistics (invariant 5), without random values.
async fn end_state(api: &StoreApi) -> Value {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!("/api/v1/referrals/attributions?limit=100{cursor}")).await.unwrap();
        rows.extend(page["items"].as_array().unwrap().clone());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    for row in &mut rows {
        row["linkCode"] = Value::Null;
        let grants = row["grants"].as_array_mut().unwrap();
        grants.retain(|grant| !["revoked", "cancelled"].contains(&grant["status"].as_str().unwrap()));
        for grant in grants {
            grant["code"] = Value::Null;
        }
    }
    let mut points = Vec::new();
    for id in ["r0", "r1", "r2"] {
        points.push(api.get(&format!("/api/v1/points/{id}")).await.unwrap()["balance"].clone());
    }
    let stats = api.get("/api/v1/referrals/stats").await.unwrap();
    json!({"attributions": rows, "points": points, "stats": stats, "top": api.get("/api/v1/referrals/top").await.unwrap()})
}

#[tokio::test]
async fn referral_events_with_200_kills_end_like_a_clean_run() {
    let (clean_folder, killed_folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (mut clean, api, codes) = set_up(&clean_folder).await;
    for event in friends_events(&codes, &mut Dice(3)) {
        assert!(tell(&api, &event).await.is_some_and(|status| status < 500), "{event:?}");
    }
    let expected = end_state(&api).await;
    clean.stop(Who::Companion).await.unwrap();

    let (mut testbed, api, codes) = set_up(&killed_folder).await;
    let mut dice = Dice(11);
    let events = shuffled(friends_events(&codes, &mut Dice(3)), &mut dice);
    assert!(events.len() >= 500, "{} events", events.len());
    let mut kills = 0;
    for (done, event) in events.iter().enumerate() {
        let left = (events.len() - done) as u64;
        if dice.below(left) < KILLS - kills {
            let pause = Duration::from_micros(dice.below(4_000));
            let kill = async {
                tokio::time::sleep(pause).await;
                testbed.kill(Who::Companion).await.unwrap();
            };
            tokio::join!(tell(&api, event), kill);
            testbed.start(Who::Companion).await.unwrap();
            kills += 1;
        }
        assert!(tell(&api, event).await.is_some_and(|status| status < 500), "{event:?}");
    }
    assert_eq!(kills, KILLS);
    let found = end_state(&api).await;
    assert_eq!(found["stats"], expected["stats"]);
    assert_eq!(found, expected);
}

#[tokio::test]
async fn referrer_is_rewarded_on_joining_after_a_friends_order() {
    let env = TestEnv::start(&[]).await;
    let commands = json!({"enabled": true, "rewardCommands": [{"command": "give {player} emerald 2"}]});
    env.api.put("/api/v1/referrals/program", commands).await.unwrap();
    env.api.put("/api/v1/customers/alice", json!({"name": "Alice", "player": {"name": "Alice"}})).await.unwrap();
    let link = env
        .api
        .post("/api/v1/referrals/links/issue", json!({"accountId": "store", "customerId": "alice"}))
        .await
        .unwrap();
    let mut order = crate::test_env::order_body("Bob", "diamonds", 1);
    order["referralCode"] = link["code"].clone();
    let order = env.api.put("/api/v1/orders/o1", order).await.unwrap();
    assert_eq!(order["referral"]["decision"], "rewarded", "{order:#}");
    env.testbed.reward_is(&env.api, &order, "awaiting_player", LIMIT).await.unwrap();
    env.testbed.game("join Alice").await.unwrap();
    env.testbed.has("Alice", "emerald", 2, LIMIT).await.unwrap();
    env.testbed.reward_is(&env.api, &order, "delivered", LIMIT).await.unwrap();
}
