//! An order is taken back once, whatever the sequence of refunds, chargebacks and cancellations.

use crate::referrals::fixture::ReferralFixture;
use crate::test_app::{TestApp, list, order, report, text};
use serde_json::{Value, json};

const STEPS: [&str; 5] = ["full", "full with id", "part", "chargeback", "cancel"];

/// All sequences of one to three steps.
fn sequences() -> Vec<Vec<&'static str>> {
    let longer = |shorter: &[Vec<&'static str>]| -> Vec<Vec<&'static str>> {
        let with = |sequence: &Vec<&'static str>, step| sequence.iter().copied().chain([step]).collect();
        shorter.iter().flat_map(|sequence| STEPS.map(|step| with(sequence, step))).collect()
    };
    let one = longer(&[Vec::new()]);
    let two = longer(&one);
    let three = longer(&two);
    [one, two, three].concat()
}

async fn take(app: &TestApp, id: &str, step: &str, number: usize) {
    let (word, body): (&str, Value) = match step {
        "full" => ("refunded", json!({})),
        "full with id" => ("refunded", json!({"refundedAmount": 499, "refundId": format!("re_{number}")})),
        "part" => ("refunded", json!({"refundedAmount": 250, "refundId": format!("part_{number}")})),
        "chargeback" => ("chargeback", json!({})),
        _ => ("cancelled", json!({})),
    };
    // Some are refused in some states; that changes nothing.
    app.post(&format!("/orders/{id}/{word}"), body).await;
}

/// A full reversal that the order accepts takes back; two parts of 250 do not exceed 499 together.
fn is_taken_back(sequence: &[&str]) -> bool {
    sequence.iter().any(|step| matches!(*step, "full" | "full with id" | "chargeback"))
}

#[tokio::test]
async fn every_sequence_takes_a_package_back_once() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": "give {player} a"}, {"command": "eco take {player} 5", "on": "refund"},
        {"command": "eco take {player} 5", "on": "chargeback"}]))
        .await;
    for (number, sequence) in sequences().iter().enumerate() {
        let id = format!("o{number}");
        let given = text(&list(&app.paid(&id).await, "commands")[0], "id");
        app.as_agent("GET", "/commands?max=500", &token, "j1", None).await;
        app.report(&token, "j1", json!([report(&given, 1, "completed", None)])).await;
        for (place, step) in sequence.iter().enumerate() {
            take(&app, &id, step, place).await;
        }
        let taken = list(&app.get(&format!("/orders/{id}")).await.1, "commands").len() - 1;
        assert_eq!(taken, usize::from(is_taken_back(sequence)), "{sequence:?}");
    }
}

#[tokio::test]
async fn chargeback_commands_run_where_the_refund_had_none() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": "give {player} a"}, {"command": "ban {player}", "on": "chargeback"}])).await;
    let given = text(&list(&app.paid("o1").await, "commands")[0], "id");
    app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&given, 1, "completed", None)])).await;
    app.post("/orders/o1/refunded", json!({})).await;
    let (_, charged) = app.post("/orders/o1/chargeback", json!({})).await;
    assert_eq!(text(&list(&charged, "commands")[1], "command"), "ban {player}");
}

#[tokio::test]
async fn every_sequence_takes_a_referral_reward_back_once() {
    for sequence in sequences().into_iter().filter(|sequence| sequence.len() == 2) {
        let reward = json!([{"command": "give {player} reward"}, {"command": "clear {player} reward", "onVoid": true}]);
        let fixture = ReferralFixture::command_rewards(reward).await;
        let app = &fixture.app;
        let (_, token) = app.server().await;
        app.package(json!([])).await;
        let code = fixture.referrer("alice", "AliceMC").await;
        let mut sale = order(1, "paid");
        sale["referralCode"] = json!(code);
        app.put("/orders/o1", sale).await;
        let (_, polled) = app.poll(&token, "j1").await;
        let given = text(&polled["commands"][0], "id");
        app.report(&token, "j1", json!([report(&given, 1, "completed", None)])).await;
        for (place, step) in sequence.iter().enumerate() {
            take(app, "o1", step, place).await;
        }
        let all = list(&app.get("/commands").await.1, "items");
        let taken = all.iter().filter(|command| text(command, "command").starts_with("clear")).count();
        assert!(taken <= 1, "{sequence:?}: {taken}");
        if is_taken_back(&sequence) {
            assert_eq!(taken, 1, "{sequence:?}");
        }
    }
}
