//! Malformed requests: the answer names the wrong field, and nothing is stored.

use crate::test_app::{TestApp, order};
use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

#[track_caller]
fn changed(mut body: Value, pointer: &str, value: Value) -> Value {
    match pointer.rsplit_once('/') {
        Some((parent, key)) => match body.pointer_mut(parent).expect("a parent") {
            Value::Object(map) => drop(map.insert(key.to_owned(), value)),
            other => other[key.parse::<usize>().expect("an index")] = value,
        },
        None => return value,
    }
    body
}

#[tokio::test]
async fn malformed_order_is_422_and_stores_nothing() {
    let app = TestApp::new().await;
    app.package(json!([])).await;
    let uuid = "0123456789abcdef0123456789abcdeg";
    for (pointer, value, field) in [
        ("/customer/id", json!(""), "customer.id"),
        ("/customer/id", json!("a b"), "customer.id"),
        ("/customer/id", json!("x".repeat(65)), "customer.id"),
        ("/customer/id", json!(7), "customer.id"),
        ("/customer/email", json!("a b@c"), "customer.email"),
        ("/customer/name", json!("\u{7}"), "customer.name"),
        ("/customer", json!(null), "customer"),
        ("/customer", json!(["c1"]), "customer"),
        ("/player", json!(["Steve"]), "player"),
        ("/items", json!([["vip", 1]]), "items[0]"),
        ("/player/name", json!("@a"), "player.name"),
        ("/player/name", json!("Steve; op me"), "player.name"),
        ("/player/name", json!("..Steve"), "player.name"),
        ("/player/name", json!("seventeen_letters"), "player.name"),
        ("/player/uuid", json!(uuid), "player.uuid"),
        ("/items", json!([]), "items"),
        ("/items", json!("vip"), "items"),
        ("/items/0/packageId", json!("nothing"), "items[0].packageId"),
        ("/items/0/packageId", json!("../x"), "items[0].packageId"),
        ("/items/0/quantity", json!(0), "items[0].quantity"),
        ("/items/0/quantity", json!(-1), "items[0].quantity"),
        ("/items/0/quantity", json!(1001), "items[0].quantity"),
        ("/items/0/quantity", json!(1.5), "items[0].quantity"),
        ("/items/0/quantity", json!("1"), "items[0].quantity"),
        ("/items/0/quantity", json!(true), "items[0].quantity"),
        (
            "/items",
            json!([{"packageId": "vip", "quantity": 1}, {"packageId": "vip", "quantity": 1}]),
            "items[1].packageId",
        ),
        ("/amount", json!(-1), "amount"),
        ("/amount", json!(4.99), "amount"),
        ("/amount", json!("499"), "amount"),
        ("/amount", json!(9_007_199_254_740_992_u64), "amount"),
        ("/amount", json!(u64::MAX), "amount"),
        ("/currency", json!("eur"), "currency"),
        ("/currency", json!("EURO"), "currency"),
        ("/status", json!("refunded"), "status"),
        ("/imported", json!("yes"), "imported"),
        ("/occurredAt", json!("yesterday"), "occurredAt"),
        ("/referralCode", json!("x".repeat(101)), "referralCode"),
        ("/surprise", json!(1), "surprise"),
        ("/player/surprise", json!(1), "player.surprise"),
    ] {
        let (status, error) = app.put("/orders/o1", changed(order(1, "paid"), pointer, value.clone())).await;
        let expected = (StatusCode::UNPROCESSABLE_ENTITY, Some(field));
        assert_eq!((status, error["error"]["field"].as_str()), expected, "{pointer} {value}: {error}");
    }
    assert_eq!(app.get("/orders").await.1["items"], json!([]));
}

#[tokio::test]
async fn a_malformed_package_is_422_and_names_its_field() {
    let app = TestApp::new().await;
    let good = json!({"name": "VIP", "price": 499, "currency": "EUR", "commands": [{"command": "say hi"}]});
    for (pointer, value, field) in [
        ("/name", json!(""), "name"),
        ("/name", json!("x".repeat(101)), "name"),
        ("/price", json!(-5), "price"),
        ("/price", json!(4.5), "price"),
        ("/currency", json!("E€R"), "currency"),
        ("/commands", json!({}), "commands"),
        ("/commands", json!([["say hi"]]), "commands[0]"),
        ("/commands", json!(vec![json!({"command": "say"}); 51]), "commands"),
        ("/commands/0/command", json!(""), "commands[0].command"),
        ("/commands/0/command", json!("x".repeat(1_301)), "commands[0].command"),
        ("/commands/0/command", json!("say hi\nop me"), "commands[0].command"),
        ("/commands/0/command", json!("/"), "commands[0].command"),
        ("/commands/0/command", json!("give {name} diamond"), "commands[0].command"),
        ("/commands/0/command", json!("say {referrer}"), "commands[0].command"),
        ("/commands/0/command", json!("op\u{200b} {player}"), "commands[0].command"),
        ("/commands/0/servers", json!("some"), "commands[0].servers"),
        ("/commands/0/servers", json!([]), "commands[0].servers"),
        ("/commands/0/servers", json!(["srv_aaaaaaaaaaaa"]), "commands[0].servers[0]"),
        ("/commands/0/delaySeconds", json!(-1), "commands[0].delaySeconds"),
        ("/commands/0/expiresSeconds", json!(0), "commands[0].expiresSeconds"),
        ("/commands/0/requiredSlots", json!(37), "commands[0].requiredSlots"),
        ("/commands/0/requireOnline", json!("no"), "commands[0].requireOnline"),
        ("/commands/0/on", json!("sunday"), "commands[0].on"),
        ("/commands/0/onVoid", json!(true), "commands[0].onVoid"),
        (
            "/commands/0",
            json!({"command": "say", "requireOnline": false, "requiredSlots": 1}),
            "commands[0].requiredSlots",
        ),
    ] {
        let (status, error) = app.put("/packages/vip", changed(good.clone(), pointer, value.clone())).await;
        let expected = (StatusCode::UNPROCESSABLE_ENTITY, Some(field));
        assert_eq!((status, error["error"]["field"].as_str()), expected, "{pointer} {value}: {error}");
    }
    assert_eq!(app.get("/packages").await.1["items"], json!([]));
    let longest = changed(good, "/commands/0/command", json!("x".repeat(1_300)));
    assert_eq!(app.put("/packages/vip", longest).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn malformed_server_command_or_refund_is_422() {
    let app = TestApp::new().await;
    let (server, _) = app.server().await;
    app.package(json!([])).await;
    app.paid("o1").await;
    for (path, body, field) in [
        ("/servers", json!({"name": "a"}), "address"),
        ("/servers", json!({"name": " ", "address": "b"}), "name"),
        ("/servers", json!({"name": "a", "address": "b c"}), "address"),
        ("/servers", json!({"name": "a", "address": "b", "token": "c"}), "token"),
        ("/commands", json!({"serverId": "srv_none", "command": "say"}), "serverId"),
        ("/commands", json!({"serverId": server}), "command"),
        ("/commands", json!({"serverId": server, "command": "say", "requireOnline": true}), "requireOnline"),
        ("/commands", json!({"serverId": server, "command": "say", "requiredSlots": 3}), "requiredSlots"),
        ("/commands", json!({"serverId": server, "command": "say", "player": {"name": "@a"}}), "player.name"),
        ("/orders/o1/refunded", json!({"refundedAmount": 500}), "refundedAmount"),
        ("/orders/o1/refunded", json!({"refundedAmount": -1}), "refundedAmount"),
        ("/orders/o1/refunded", json!({"amount": 1}), "amount"),
    ] {
        let (status, error) = app.post(path, body.clone()).await;
        let expected = (StatusCode::UNPROCESSABLE_ENTITY, Some(field));
        assert_eq!((status, error["error"]["field"].as_str()), expected, "{path} {body}: {error}");
    }
}

#[tokio::test]
async fn ids_limits_cursors_and_filters_are_checked() {
    let app = TestApp::new().await;
    for (path, field) in [
        ("/orders/a%20b", "id"),
        ("/orders/%FF", "id"),
        ("/commands/a.b", "id"),
        ("/servers/%00", "id"),
        ("/orders?limit=0", "limit"),
        ("/orders?limit=101", "limit"),
        ("/orders?limit=x", "limit"),
        ("/orders?cursor=!", "cursor"),
        ("/orders?cursor=YWJj", "cursor"),
        ("/orders?status=eaten", "status"),
        ("/orders?colour=red", "colour"),
        ("/commands?status=eaten", "status"),
        ("/commands?server=a%20b", "server"),
        ("/events?after=x", "after"),
        ("/packages?limit=-1", "limit"),
    ] {
        let (status, error) = app.get(path).await;
        let expected = (StatusCode::UNPROCESSABLE_ENTITY, Some(field));
        assert_eq!((status, error["error"]["field"].as_str()), expected, "{path}: {error}");
    }
    for path in ["/orders/none", "/commands/none", "/servers/none", "/packages/none"] {
        assert_eq!(app.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn invalid_json_is_400_and_large_body_is_413() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    let large = format!("\"{}\"", "x".repeat(300_000));
    for (body, expected) in
        [("", 400), ("{", 400), ("nonsense", 400), (large.as_str(), 413), ("null", 422), ("[]", 422), ("\"x\"", 422)]
    {
        for path in ["/servers", "/commands", "/agent/reports"] {
            let key = if path.starts_with("/agent") { &token } else { &app.admin };
            let request = Request::post(format!("/api/v1{path}"))
                .header("authorization", format!("Bearer {key}"))
                .header("flux-journal", "j1");
            let (status, error) = app.call(request.body(Body::from(body.to_owned())).expect("a request")).await;
            assert_eq!(status.as_u16(), expected, "{path} {}: {error}", &body[..body.len().min(20)]);
        }
    }
    let request = Request::put("/api/v1/orders/o1").header("authorization", format!("Bearer {}", app.admin));
    let (status, _) = app.call(request.body(Body::from(vec![b'"', 0xff, b'"'])).expect("a request")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let deep = json!({"reports": 0}).to_string().replace('0', &"[".repeat(100_000));
    let request = Request::post("/api/v1/agent/reports").header("authorization", format!("Bearer {token}"));
    let request = request.header("flux-journal", "j1").body(Body::from(deep)).expect("a request");
    assert_eq!(app.call(request).await.0, StatusCode::BAD_REQUEST);
}

/// The place of every value in a body, the body's own first.
fn pointers(body: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match body {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(place, value)| (place.to_string(), value)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let below = |(name, value): (String, &Value)| {
        pointers(value).into_iter().map(move |pointer| format!("/{name}{pointer}")).collect::<Vec<_>>()
    };
    std::iter::once(String::new()).chain(inner.into_iter().flat_map(below)).collect()
}

#[tokio::test]
async fn errors_of_types_speak_of_json() {
    let app = TestApp::new().await;
    app.package(json!([])).await;
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!("x"),
        json!([]),
        json!([1]),
        json!({}),
        json!({"a": 1}),
    ];
    let rust =
        ["u64", "i64", "u32", "i32", "u8", "usize", "f64", "struct", "enum", "variant", "sequence", "map,", "floating"];
    let slot =
        json!({"benefit": {"type": "points", "amount": 5}, "commands": [{"command": "say hi", "servers": "all"}]});
    for (method, path, body) in [
        ("PUT", "/orders/o1", order(1, "paid")),
        (
            "POST",
            "/orders/o1/refunded",
            json!({"refundedAmount": 1, "refundId": "r1", "occurredAt": "2027-01-15T08:00:00Z"}),
        ),
        (
            "PUT",
            "/packages/p1",
            json!({"name": "n", "price": 1, "currency": "EUR", "commands": [{"command": "say hi",
            "servers": {"anyOf": ["a"]}, "requireOnline": true, "delaySeconds": 1, "requiredSlots": 1, "expiresSeconds": 9,
            "on": "purchase"}]}),
        ),
        (
            "PUT",
            "/customers/c9",
            json!({"email": "a@b.c", "name": "n", "tier": "gold", "player": {"name": "Alex", "uuid": ""}}),
        ),
        ("POST", "/servers", json!({"name": "n", "address": "a"})),
        (
            "POST",
            "/commands",
            json!({"serverId": "s", "command": "say hi", "player": {"name": "Alex"}, "order": "o1",
            "requireOnline": true, "delaySeconds": 1, "requiredSlots": 1, "expiresSeconds": 9}),
        ),
        ("POST", "/commands/bulk", json!({"action": "retry", "filter": {"server": "s", "package": "p"}, "expect": 1})),
        (
            "PUT",
            "/referrals/program",
            json!({"enabled": true, "currency": "EUR", "minPurchaseAmount": 1, "bind": {"link": true},
            "rewardCommands": [{"command": "say hi", "servers": "all", "requireOnline": true, "onVoid": false}]}),
        ),
        (
            "PUT",
            "/referrals/rules/rule_global",
            json!({"name": "n", "status": "active", "slots": {"referrer": {"purchase": slot}}}),
        ),
        ("POST", "/referrals/attributions", json!({"customerId": "c1", "code": "x", "channel": "link"})),
    ] {
        for pointer in pointers(&body) {
            for value in &values {
                let changed = changed(body.clone(), &pointer, value.clone());
                let (status, error) = app.with_key(&app.admin, method, path, Some(changed)).await;
                assert_ne!(status.as_u16(), 500, "{path} {pointer} {value}");
                let message = error["error"]["message"].as_str().unwrap_or_default();
                let named = rust.iter().find(|word| message.split([' ', '`']).any(|found| found == **word));
                assert!(status.is_success() || named.is_none(), "{path} {pointer} {value}: {message}");
            }
        }
    }
    let (_, error) = app.get("/orders?limit=many").await;
    assert_eq!(error["error"]["message"], "must be a whole number");
}

#[tokio::test]
async fn whole_numbers_with_a_zero_fraction_and_an_empty_uuid_are_understood() {
    let app = TestApp::new().await;
    app.package(json!([])).await;
    let key = format!("Bearer {}", app.admin);
    let body = r#"{"customer":{"id":"c1"},"player":{"name":"Steve","uuid":""},"items":[{"packageId":"vip","quantity":2.0}],
        "amount":1000.0,"currency":"EUR","status":"paid"}"#;
    let request =
        Request::put("/api/v1/orders/o1").header("authorization", key).body(Body::from(body)).expect("a request");
    let (status, order) = app.call(request).await;
    assert_eq!(
        (status, &order["amount"], &order["items"][0]["quantity"]),
        (StatusCode::CREATED, &json!(1000), &json!(2)),
        "{order}"
    );
    assert_eq!(order["player"], json!({"name": "Steve"}));
}
