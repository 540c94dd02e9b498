//! Times in requests: each field of the API that has one, and none of them lets a storefront reach the future.

use crate::test_app::{Answer, TestApp, order};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The fields by which a storefront says when something has happened.
const HAPPENED: [(&str, &str, &str); 8] = [
    ("put", "/orders/{id}", "occurredAt"),
    ("post", "/orders/{id}/paid", "occurredAt"),
    ("post", "/orders/{id}/completed", "occurredAt"),
    ("post", "/orders/{id}/cancelled", "occurredAt"),
    ("post", "/orders/{id}/chargeback", "occurredAt"),
    ("post", "/orders/{id}/refunded", "occurredAt"),
    ("put", "/customers/{id}", "registeredAt"),
    ("post", "/referrals/attributions/signup", "clickedAt"),
];
/// The fields that only an admin's key may set, to any time (D-17).
const ADMINS_ONLY: [(&str, &str, &str); 12] = [
    ("post", "/discounts/quote", "occurredAt"),
    ("post", "/discounts/redeem", "occurredAt"),
    ("post", "/points/{customerId}/spend", "occurredAt"),
    ("post", "/referrals/attributions/checkout", "occurredAt"),
    ("post", "/referrals/attributions/complete", "occurredAt"),
    ("post", "/referrals/attributions/fulfill", "occurredAt"),
    ("post", "/referrals/attributions/signup", "occurredAt"),
    ("post", "/referrals/attributions/void", "occurredAt"),
    ("post", "/referrals/links/click", "occurredAt"),
    ("post", "/referrals/sweeps/expire-pending", "now"),
    ("post", "/referrals/sweeps/expire-rewards", "now"),
    ("post", "/referrals/sweeps/issue-due", "now"),
];
/// The bounds of a search among what exists.
const SEARCHED: [(&str, &str, &str); 2] = [("post", "/commands/bulk", "from"), ("post", "/commands/bulk", "to")];

/// The store's clock in these tests, then the last accepted time, and later ones.
const NOW: &str = "2027-01-15T08:00:00Z";
const LAST: &str = "2027-01-15T08:05:00Z";
const LATER: [&str; 3] = ["2027-01-15T08:05:00.001Z", "2027-01-16T08:00:00Z", "9999-12-30T00:00:00Z"];

/// Adds each time field of a schema and of those that it names.
fn collect<'a>(document: &'a Value, schema: &'a Value, found: &mut BTreeSet<&'a str>) {
    match schema {
        Value::Object(keys) => {
            if let Some(name) = schema["$ref"].as_str() {
                collect(document, &document["components"]["schemas"][name.rsplit('/').next().expect("a name")], found);
            }
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                if property["format"] == "date-time" {
                    found.insert(name);
                }
            }
            keys.values().for_each(|value| collect(document, value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(document, value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_time_in_a_request_is_known_here() {
    let document: Value = serde_json::from_str(include_str!("../../openapi.json")).expect("JSON");
    let mut all = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let path = path.strip_prefix("/api/v1").unwrap_or(path);
        for (method, operation) in operations.as_object().expect("operations") {
            let mut found = BTreeSet::new();
            collect(&document, &operation["requestBody"], &mut found);
            all.extend(found.into_iter().map(|field| (method.as_str(), path, field)));
        }
    }
    let known: BTreeSet<_> = HAPPENED.into_iter().chain(ADMINS_ONLY).chain(SEARCHED).collect();
    assert_eq!(all, known, "a new time field belongs to one of the lists above");
}

fn body(path: &str) -> Value {
    match path {
        "/orders/{id}" => order(1, "paid"),
        "/referrals/attributions/signup" => json!({"accountId": "store", "refereeCustomerId": "bob"}),
        "/referrals/attributions/checkout" => {
            json!({"accountId": "store", "checkoutSessionId": "s1", "customerId": "bob"})
        }
        "/referrals/attributions/fulfill" => {
            json!({"checkoutSessionId": "s1", "status": "paid", "currency": "EUR", "amount": 100})
        }
        "/referrals/attributions/complete" | "/referrals/attributions/void" => json!({"checkoutSessionId": "s1"}),
        "/referrals/links/click" => json!({"accountId": "store", "code": "nobody-1"}),
        "/discounts/quote" => json!({"customerId": "bob", "amount": 100, "currency": "EUR"}),
        "/discounts/redeem" => json!({"customerId": "bob", "orderId": "o1", "amount": 100, "currency": "EUR"}),
        "/points/{customerId}/spend" => json!({"points": 1, "ref": "r1"}),
        _ => json!({}),
    }
}

async fn say(app: &TestApp, key: &str, (method, path, field): (&str, &str, &str), at: &str) -> Answer {
    let mut body = body(path);
    body[field] = json!(at);
    let path = path.replace("{id}", "o1").replace("{customerId}", "bob");
    app.with_key(key, &method.to_uppercase(), &path, Some(body)).await
}

#[tokio::test]
async fn nothing_has_happened_in_the_future() {
    let app = TestApp::new().await;
    app.package(json!([])).await;
    let before = app.dump().await;
    for at in LATER {
        for (key, place) in HAPPENED.iter().flat_map(|place| [(&app.store, *place), (&app.admin, *place)]) {
            let (status, answer) = say(&app, key, place, at).await;
            let error = &answer["error"];
            assert_eq!((status.as_u16(), &error["field"]), (422, &json!(place.2)), "{place:?} {at}: {answer}");
            assert!(error["message"].as_str().is_some_and(|text| text.contains(NOW)), "{place:?}: {answer}");
        }
    }
    assert!(app.dump().await == before, "a refused call changes nothing");
    for place in HAPPENED {
        let (status, answer) = say(&app, &app.store, place, LAST).await;
        assert!(status.is_success() || status.as_u16() == 409, "{place:?}: {status} {answer}");
    }
}

/// D-17.
#[tokio::test]
async fn only_an_admin_moves_the_clock_of_the_rules() {
    let app = TestApp::new().await;
    for place in ADMINS_ONLY {
        for at in [NOW, LATER[2]] {
            let (status, answer) = say(&app, &app.store, place, at).await;
            assert_eq!(status.as_u16(), 403, "{place:?} {at}: {answer}");
            let (status, answer) = say(&app, &app.admin, place, at).await;
            assert!(![403, 422].contains(&status.as_u16()), "{place:?} {at}: {answer}");
        }
    }
}

#[tokio::test]
async fn click_is_not_after_the_event_that_an_admin_dates() {
    let app = TestApp::new().await;
    let signup = |clicked: &str, at: &str| json!({"accountId": "store", "refereeCustomerId": "bob", "clickedAt": clicked, "occurredAt": at});
    for (clicked, at, expected) in [
        ("2030-01-01T00:00:00Z", "2030-01-02T00:00:00Z", 200),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", 200),
        ("2026-01-01T01:00:00Z", "2026-01-01T00:00:00Z", 422),
        ("9999-12-30T00:00:00Z", "2030-01-02T00:00:00Z", 422),
    ] {
        let (status, answer) = app.post("/referrals/attributions/signup", signup(clicked, at)).await;
        assert_eq!(status.as_u16(), expected, "{clicked} {at}: {answer}");
    }
}
