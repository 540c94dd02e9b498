//! Customers: saving them, linking a player, and forgetting them.

use crate::test_app::{TestApp, list, order, report, text};
use flux_storage::Db;
use http::StatusCode;
use serde_json::{Value, json};
use std::path::Path;

#[tokio::test]
async fn customer_is_saved_and_created_by_their_first_order() {
    let app = TestApp::new().await;
    app.package(json!([])).await;
    let body = json!({"email": "a@example.com", "name": "Alice", "tier": "gold", "registeredAt": "2026-01-01T00:00:00Z",
                      "player": {"name": "Alice"}});
    let (status, made) = app.put("/customers/a", body.clone()).await;
    assert_eq!((status, text(&made, "tier")), (StatusCode::CREATED, "gold".into()));
    assert_eq!(app.put("/customers/a", body).await.0, StatusCode::OK);
    let (_, less) = app.put("/customers/a", json!({"email": "b@example.com"})).await;
    assert_eq!(
        (text(&less, "email"), &less["name"], &less["player"]),
        ("b@example.com".into(), &Value::Null, &Value::Null)
    );
    app.paid("o1").await;
    assert_eq!(text(&app.get("/customers/c1").await.1, "email"), "c1@example.com");
    assert_eq!(app.get("/customers/nobody").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_player_belongs_to_one_customer() {
    let app = TestApp::new().await;
    let (dashed, plain) = ("069A79F4-44E9-4726-A5BE-FCA90E38AAF5", "069a79f444e94726a5befca90e38aaf5");
    app.put("/customers/a", json!({"player": {"name": "Notch", "uuid": dashed}})).await;
    for player in [json!({"name": "notch"}), json!({"name": "Other", "uuid": plain})] {
        let (status, error) = app.put("/customers/b", json!({"player": player})).await;
        assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::CONFLICT, Some("player_taken")), "{player}");
        assert!(error["error"]["message"].as_str().is_some_and(|text| text.starts_with("customer a has")), "{error}");
    }
    let other = json!({"player": {"name": "notch", "uuid": "00000000000000000000000000000001"}});
    assert_eq!(app.put("/customers/b", other).await.0, StatusCode::CREATED, "another player of that name");
    assert_eq!(app.put("/customers/a", json!({})).await.0, StatusCode::OK);
    assert_eq!(
        app.put("/customers/c", json!({"player": {"name": "Other", "uuid": plain}})).await.0,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn link_with_a_uuid_wins_over_one_by_name_alone() {
    let app = TestApp::new().await;
    let (uuid, another) = ("069a79f4-44e9-4726-a5be-fca90e38aaf5", "00000000-0000-0000-0000-000000000001");
    let link = |player: Value| json!({"player": player});
    app.put("/customers/squat", link(json!({"name": "dream"}))).await;
    let seen = app.event_kinds().await.len();
    let (status, dream) = app.put("/customers/dream", link(json!({"name": "Dream", "uuid": uuid}))).await;
    assert_eq!((status, &dream["player"]["name"]), (StatusCode::CREATED, &json!("Dream")), "{dream}");
    assert_eq!(app.get("/customers/squat").await.1["player"], Value::Null);
    let events = list(&app.get("/events?limit=100").await.1, "items").split_off(seen);
    let unlinked = events.iter().find(|event| event["subject"] == "squat").expect("an event");
    assert_eq!((&unlinked["kind"], &unlinked["data"]), (&json!("customer.saved"), &json!({"playerUnlinked": true})));
    for player in [json!({"name": "Dream"}), json!({"name": "Renamed", "uuid": uuid})] {
        let (status, error) = app.put("/customers/squat", link(player)).await;
        assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::CONFLICT, Some("player_taken")));
    }
    // A UUID that somebody has takes no name from a third one.
    app.put("/customers/third", link(json!({"name": "Renamed"}))).await;
    assert_eq!(
        app.put("/customers/squat", link(json!({"name": "Renamed", "uuid": uuid}))).await.0,
        StatusCode::CONFLICT
    );
    assert_eq!(app.get("/customers/third").await.1["player"]["name"], "Renamed");
    let twin = app.put("/customers/twin", link(json!({"name": "Dream", "uuid": another}))).await;
    assert_eq!(twin.0, StatusCode::CREATED, "two UUIDs are two players");
}

#[tokio::test]
async fn a_malformed_customer_is_422_and_names_its_field() {
    let app = TestApp::new().await;
    for (body, field) in [
        (json!({"email": "a b"}), "email"),
        (json!({"tier": "Gold"}), "tier"),
        (json!({"tier": ""}), "tier"),
        (json!({"registeredAt": 5}), "registeredAt"),
        (json!({"player": {"name": "@a"}}), "player.name"),
        (json!({"player": ["Steve"]}), "player"),
        (json!({"surname": "x"}), "surname"),
        (json!([]), "body"),
        (json!([null, null]), "body"),
    ] {
        let (status, error) = app.put("/customers/a", body).await;
        assert_eq!((status, error["error"]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some(field)));
    }
}

#[tokio::test]
async fn customer_with_open_business_is_not_forgotten() {
    let app = TestApp::new().await;
    let (server, token) = app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    app.put("/orders/o1", order(1, "created")).await;
    let refused = async || {
        let (status, error) = app.delete("/customers/c1").await;
        assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::CONFLICT, Some("customer_in_use")));
    };
    refused().await;
    let paid = app.post("/orders/o1/paid", json!({})).await.1;
    refused().await;
    let id = text(&list(&paid, "commands")[0], "id");
    app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&id, 1, "completed", None)])).await;
    app.post("/commands", json!({"serverId": server, "command": "say hi", "player": {"name": "steve"}})).await;
    refused().await;
    assert_eq!(text(&app.get("/orders/o1").await.1["player"], "name"), "Steve", "nothing was half done");
}

/// Returns `true` if any file in the database's folder contains these bytes.
pub(crate) fn is_in_the_files(folder: &Path, word: &str) -> bool {
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let has = |bytes: Vec<u8>| bytes.to_ascii_lowercase().windows(word.len()).any(|part| part == word.as_bytes());
    files.filter(|path| path.is_file()).any(|path| has(std::fs::read(path).expect("a file")))
}

async fn deliver(app: &TestApp, token: &str, id: &str, number: usize) {
    let mut body = order(1, "paid");
    let name = format!("Quirk{number:04}");
    body["customer"] =
        json!({"id": format!("cust-{name}"), "email": format!("{name}@mail.example"), "name": format!("Mx {name}")});
    body["player"] = json!({"name": name, "uuid": format!("{number:032x}")});
    let (status, paid) = app.put(&format!("/orders/{id}"), body).await;
    assert_eq!(status, StatusCode::CREATED, "{paid}");
    let command = text(&list(&paid, "commands")[0], "id");
    app.poll(token, "j1").await;
    let mut done = report(&command, 1, "completed", None);
    done["output"] = json!(format!("Gave 1 [Diamond] to {name}"));
    app.report(token, "j1", json!([done])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forgotten_customer_leaves_totals_and_no_trace_in_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("companion.db");
    Db::create(&path).expect("a new database");
    let app = TestApp::on(Db::open(&path).expect("it opens").0).await;
    let (server, token) = app.server().await;
    app.package(json!([{"command": "give {player} diamond"}])).await;
    // Enough rows for SQLite to split pages and leave old copies behind.
    for number in 0..300 {
        deliver(&app, &token, &format!("o{}", number * 7919 % 1_000), number % 60).await;
    }
    let by_hand =
        json!({"serverId": server, "command": "say QUIRK0007 and Quirk0007", "player": {"name": "quirk0007"}});
    let manual = text(&app.post("/commands", by_hand).await.1, "id");
    app.post(&format!("/commands/{manual}/cancel"), json!({})).await;
    app.put("/customers/cust-Quirk0007", json!({"email": "quirk0007@else.example", "player": {"name": "Quirk0007"}}))
        .await;
    let totals = async || {
        let mut totals = Vec::new();
        let mut path = "/orders?limit=100".to_owned();
        loop {
            let (_, page) = app.get(&path).await;
            let facts = |order: &Value| {
                (
                    text(order, "id"),
                    text(order, "delivery"),
                    order["amount"].as_u64(),
                    order["commandCounts"].to_string(),
                )
            };
            totals.extend(list(&page, "items").iter().map(facts));
            match page["nextCursor"].as_str() {
                Some(cursor) => path = format!("/orders?limit=100&cursor={cursor}"),
                None => return totals,
            }
        }
    };
    let (before, events) = (totals().await, app.event_kinds().await.len());
    assert!(is_in_the_files(folder.path(), "quirk0007") && is_in_the_files(folder.path(), "quirk0008"));

    assert_eq!(app.delete("/customers/cust-Quirk0007").await.0, StatusCode::NO_CONTENT);

    assert_eq!((totals().await, app.event_kinds().await.len()), (before, events));
    assert!(!is_in_the_files(folder.path(), "quirk0007"), "a trace is left");
    assert!(is_in_the_files(folder.path(), "quirk0008"), "the others stay");
    assert!(!is_in_the_files(folder.path(), &format!("{:032x}", 7)), "the UUID is left");
    assert_eq!(app.get("/customers/cust-Quirk0007").await.0, StatusCode::NOT_FOUND);
    assert_eq!(app.delete("/customers/cust-Quirk0007").await.0, StatusCode::NOT_FOUND);
}
