//! The list of tiers: its order, its limits, and the warnings about a tier that is not in it.

use crate::test_app::{TestApp, list};
use http::StatusCode;
use serde_json::{Value, json};

fn tiers(ids: &[&str]) -> Value {
    let tier = |id: &&str| json!({"id": id, "name": format!("VIP {id}")});
    json!({"tiers": ids.iter().map(tier).collect::<Vec<_>>()})
}

/// The warnings of a customer or a rule.
fn warnings(answer: &Value) -> Vec<String> {
    let list = answer["warnings"].as_array().into_iter().flatten();
    list.map(|warning| warning.as_str().expect("a text").to_owned()).collect()
}

/// R4-34.
#[tokio::test]
async fn listed_tiers_are_offered_in_order_although_nobody_has_one() {
    let app = TestApp::new().await;
    assert_eq!(app.get("/tiers").await, (StatusCode::OK, json!({"tiers": []})));
    let wanted = tiers(&["silver", "bronze", "gold"]);
    assert_eq!(app.put("/tiers", wanted.clone()).await, (StatusCode::OK, wanted.clone()));
    assert_eq!(app.get("/tiers").await.1, wanted);
    app.put("/customers/c1", json!({"tier": "amber"})).await;
    app.put("/customers/c2", json!({"tier": "gold"})).await;
    let offered = || async { list(&app.get("/referrals/rules/available-tiers").await.1, "tiers") };
    assert_eq!(offered().await, ["silver", "bronze", "gold", "amber"], "the list's order, then other customers' tiers");
    app.post("/referrals/rules", json!({"name": "Bronze", "tier": "bronze"})).await;
    assert_eq!(offered().await, ["silver", "gold", "amber"]);
}

#[tokio::test]
async fn saving_the_same_tiers_again_makes_no_event() {
    let app = TestApp::new().await;
    for _ in 0..2 {
        app.put("/tiers", tiers(&["bronze"])).await;
    }
    app.put("/tiers", tiers(&[])).await;
    let kinds = app.event_kinds().await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "tiers.saved").count(), 2);
}

#[tokio::test]
async fn malformed_tiers_are_422_and_name_their_field() {
    let app = TestApp::new().await;
    let many: Vec<Value> = (0..101).map(|number| json!({"id": format!("t{number}"), "name": "T"})).collect();
    for (body, field) in [
        (json!({}), "tiers"),
        (json!({"tiers": ["gold"]}), "tiers[0]"),
        (json!({"tiers": [{"id": "VIP Gold", "name": "Gold"}]}), "tiers[0].id"),
        (json!({"tiers": [{"id": "gold", "name": ""}]}), "tiers[0].name"),
        (json!({"tiers": [{"id": "gold", "name": "Gold", "rank": 1}]}), "tiers[0].rank"),
        (json!({"tiers": [{"id": "all", "name": "All"}]}), "tiers[0].id"),
        (tiers(&["gold", "gold"]), "tiers[1].id"),
        (json!({"tiers": many}), "tiers"),
    ] {
        let (status, error) = app.put("/tiers", body).await;
        let expected = (StatusCode::UNPROCESSABLE_ENTITY, Some(field));
        assert_eq!((status, error["error"]["field"].as_str()), expected, "{error}");
    }
    assert_eq!(app.get("/tiers").await.1, json!({"tiers": []}));
}

/// R4-34.
#[tokio::test]
async fn unlisted_tier_is_a_warning_at_the_rule_and_the_customer() {
    let app = TestApp::new().await;
    app.put("/tiers", tiers(&["gold"])).await;
    for (tier, is_known) in [("gold", true), ("glod", false)] {
        let expected: Vec<String> = if is_known {
            Vec::new()
        } else {
            vec![format!("the tier {tier} is not in the list of tiers: correct it, or add it with PUT /tiers")]
        };
        let (status, customer) = app.put("/customers/c1", json!({"tier": tier})).await;
        assert!(status.is_success(), "{customer}");
        assert_eq!(warnings(&customer), expected);
        assert_eq!(warnings(&app.get("/customers/c1").await.1), expected);
        let (status, rule) = app.post("/referrals/rules", json!({"name": tier, "tier": tier})).await;
        assert_eq!((status, warnings(&rule)), (StatusCode::CREATED, expected.clone()));
        let path = format!("/referrals/rules/{}", rule["id"].as_str().expect("an id"));
        let (status, again) = app.put(&path, rule).await;
        assert_eq!((status, warnings(&again)), (StatusCode::OK, expected.clone()), "a rule is saved as it was read");
        assert_eq!(warnings(&app.get(&path).await.1), expected);
    }
    let rules = list(&app.get("/referrals/rules").await.1, "items");
    let warned: Vec<_> = rules.iter().filter(|rule| !warnings(rule).is_empty()).map(|rule| &rule["name"]).collect();
    assert_eq!(warned, ["glod"], "the global rule is for every tier");
}

#[tokio::test]
async fn storefront_reads_tiers_and_may_not_save_them() {
    let app = TestApp::new().await;
    let as_store = async |method, body| app.with_key(&app.store, method, "/tiers", body).await.0;
    assert_eq!(as_store("GET", None).await, StatusCode::OK);
    assert_eq!(as_store("PUT", Some(tiers(&["gold"]))).await, StatusCode::FORBIDDEN);
}
