//! The stored counters, which make reads cheap, equal a count of all rows after any sequence of events.

use super::fixture::ReferralFixture;
use crate::test_app::{list, text};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A seeded sequence of numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// The statistics, and the leaderboard of each period.
async fn shown(fixture: &ReferralFixture) -> Vec<Value> {
    let mut shown = vec![fixture.get("/stats").await];
    for period in ["all", "year", "month", "week", "day"] {
        shown.push(fixture.get(&format!("/top?period={period}")).await);
    }
    shown
}

async fn all_attributions(fixture: &ReferralFixture) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = fixture.get(&format!("/attributions?limit=100{cursor}")).await;
        all.extend(list(&page, "items"));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn counters_equal_a_count_of_all_rows() {
    let fixture = ReferralFixture::code_rewards().await;
    fixture.app.put("/referrals/program", json!({"requireFirstPurchase": false})).await;
    let mut codes = Vec::new();
    for id in ["r0", "r1", "r2"] {
        codes.push(fixture.code(id).await);
    }
    let mut dice = Dice(7);
    for step in 0..300 {
        // Some of what is read at the end is folded into the totals, and some is not.
        if step % 90 == 89 {
            flux_companion::sweep(&fixture.app.state).await;
        }
        let (friend, session) = (format!("f{}", dice.below(40)), format!("s{}", dice.below(60)));
        let code = codes[dice.below(3) as usize].clone();
        match dice.below(6) {
            0 => drop(fixture.signup(&friend, &code).await),
            1 => drop(fixture.checkout(&session, &friend, Some(&code)).await),
            2 => drop(fixture.fulfil(&session, 900 + dice.below(400) as i64).await),
            3 if dice.below(3) == 0 => drop(fixture.void(&session).await),
            4 => {
                let part = json!({"checkoutSessionId": session, "refundedAmount": 50, "refundId": format!("r{}", dice.below(9))});
                fixture.post("/attributions/void", part).await;
            }
            _ => fixture.app.clock.pass(dice.below(40_000) as i64),
        }
    }
    let rows = all_attributions(&fixture).await;
    let mut counted: BTreeMap<String, i64> = BTreeMap::new();
    let mut tops: BTreeMap<String, i64> = BTreeMap::new();
    for row in &rows {
        *counted.entry(text(row, "status")).or_default() += 1;
        if ["qualified", "rewarded"].contains(&row["status"].as_str().expect("a status")) {
            *tops.entry(text(row, "referrerCustomerId")).or_default() += 1;
        }
    }
    let stats = fixture.get("/stats").await;
    for status in ["pending", "qualified", "rewarded", "voided", "expired"] {
        assert_eq!(stats["attributions"][status], json!(counted.get(status).copied().unwrap_or(0)), "{status}");
    }
    assert!(counted.len() >= 3, "the story has all kinds: {counted:?}");
    let ranked = list(&fixture.get("/top").await, "top");
    let ranked: BTreeMap<String, i64> =
        ranked.iter().map(|one| (text(one, "customerId"), one["successful"].as_i64().expect("a number"))).collect();
    assert_eq!(ranked, tops);
    let before = shown(&fixture).await;
    flux_companion::sweep(&fixture.app.state).await;
    assert_eq!(shown(&fixture).await, before, "folding changes nothing that is shown");
}

/// R3-25.
#[tokio::test]
async fn rewarded_registrations_are_counted_beside_successful_referrals() {
    let fixture = ReferralFixture::with(json!({"enabled": true})).await;
    let points = json!({"benefit": {"type": "points", "points": 10}});
    let slots = json!({"referrer": {"registration": points, "firstOrder": points}});
    fixture.rule(json!({"status": "active", "slots": slots, "dailyRegistrationLimit": 3})).await;
    let (alice, zoe) = (fixture.code("alice").await, fixture.code("zoe").await);
    for friend in ["a1", "a2", "a3", "a4", "a1"] {
        fixture.signup(friend, &alice).await;
    }
    fixture.signup("z1", &zoe).await;
    fixture.buy("z1", "s1", 100).await;
    for is_folded in [false, true] {
        let stats = fixture.get("/stats").await;
        assert_eq!(stats["referrals"], json!({"total": 5, "successful": 1, "registered": 4}), "folded: {is_folded}");
        for period in ["all", "week", "day"] {
            let top = list(&fixture.get(&format!("/top?period={period}")).await, "top");
            let counts =
                |one: &Value| (text(one, "customerId"), one["successful"].as_i64(), one["registered"].as_i64());
            let expected = [("zoe".to_owned(), Some(1), Some(1)), ("alice".to_owned(), Some(0), Some(3))];
            assert_eq!(top.iter().map(counts).collect::<Vec<_>>(), expected, "folded: {is_folded}, {period}");
        }
        flux_companion::sweep(&fixture.app.state).await;
    }
    fixture.void("s1").await;
    let stats = fixture.get("/stats").await;
    assert_eq!(stats["referrals"], json!({"total": 5, "successful": 0, "registered": 4}), "a registration stays");
    let top = list(&fixture.get("/top").await, "top");
    assert_eq!((text(&top[0], "customerId"), top.len()), ("alice".into(), 2));
}
