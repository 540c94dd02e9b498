//! Orders: their commands, their transitions, and their pages.

use crate::test_app::{TestApp, list, only_command, order, report, text};
use http::StatusCode;
use serde_json::{Value, json};

fn ids(order: &Value) -> Vec<String> {
    list(order, "commands").iter().map(|command| text(command, "id")).collect()
}

#[tokio::test]
async fn paid_order_makes_commands_in_rising_sequence() {
    let app = TestApp::new().await;
    let (one, _) = app.server().await;
    let (two, _) = app.server().await;
    app.package(json!([{"command": "give {player} diamond", "servers": "all"}, {"command": "say {quantity}", "servers": [two]}]))
        .await;
    let (_, created) = app.put("/orders/o1", order(2, "created")).await;
    assert_eq!(
        (text(&created, "status"), text(&created, "delivery"), ids(&created).len()),
        ("created".into(), "none".into(), 0)
    );
    let (status, paid) = app.post("/orders/o1/paid", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    let made: Vec<_> =
        list(&paid, "commands").iter().map(|command| (text(command, "command"), text(command, "serverId"))).collect();
    let (give, say) = ("give {player} diamond".to_owned(), "say {quantity}".to_owned());
    let mut servers = [one.clone(), two.clone()];
    servers.sort();
    let [first, second] = servers;
    assert_eq!(
        made,
        [
            (give.clone(), first.clone()),
            (give.clone(), second.clone()),
            (say, two.clone()),
            (give.clone(), first),
            (give, second)
        ]
    );
    assert_eq!(
        list(&paid, "commands")[2]["values"],
        json!({"quantity": "2", "package": "vip", "price": "499", "order": "o1"})
    );
    for server in [&one, &two] {
        let sequences: Vec<_> = list(&paid, "commands")
            .iter()
            .filter(|command| text(command, "serverId") == **server)
            .map(|command| command["sequence"].as_u64())
            .collect();
        assert!(sequences.is_sorted_by(|before, after| before < after), "{sequences:?}");
    }
    assert_eq!(text(&paid, "delivery"), "queued");
    let (_, again) = app.post("/orders/o1/paid", json!({})).await;
    assert_eq!(ids(&again), ids(&paid), "paid again makes nothing");
}

#[tokio::test]
async fn command_id_is_the_same_in_a_new_database() {
    let mut found = Vec::new();
    for _ in 0..2 {
        let app = TestApp::new().await;
        let (server, _) = app.server().await;
        app.package(json!([{"command": "say hi"}])).await;
        let id = only_command(&app.paid("o1").await);
        let parts = ["o1", "vip", "0", "1", server.as_str()];
        assert_eq!(id, flux_protocol::derived_command_id(&parts).as_str());
        found.push(id);
    }
    assert_eq!(found[0], found[1]);
}

#[tokio::test]
async fn repeated_order_is_200_and_changed_paid_order_is_409() {
    let app = TestApp::new().await;
    app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    assert_eq!(app.put("/orders/o1", order(1, "created")).await.0, StatusCode::CREATED);
    assert_eq!(app.put("/orders/o1", order(1, "created")).await.0, StatusCode::OK);
    assert_eq!(app.put("/orders/o1", order(3, "created")).await.0, StatusCode::OK, "not paid yet: replaced");
    let (status, paid) = app.put("/orders/o1", order(3, "paid")).await;
    assert_eq!((status, ids(&paid).len()), (StatusCode::OK, 3));
    let (status, again) = app.put("/orders/o1", order(3, "created")).await;
    assert_eq!((status, text(&again, "status")), (StatusCode::OK, "paid".into()));
    let (status, error) = app.put("/orders/o1", order(2, "paid")).await;
    assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::CONFLICT, Some("order_differs")));
    let (_, kept) = app.get("/orders/o1").await;
    assert_eq!(kept["items"][0]["quantity"], 3);
}

#[tokio::test]
async fn only_a_full_refund_cancels_waiting_commands() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": "say 1"}, {"command": "say 2"}, {"command": "say 3"}])).await;
    let made = ids(&app.paid("o1").await);
    app.as_agent("GET", "/commands?max=2", &token, "j1", None).await;
    app.report(&token, "j1", json!([report(&made[0], 1, "completed", None), report(&made[1], 1, "delivered", None)]))
        .await;

    let (_, part) = app.post("/orders/o1/refunded", json!({"refundedAmount": 100})).await;
    assert_eq!(
        (text(&part, "status"), &part["refundedAmount"], text(&part, "delivery")),
        ("paid".into(), &json!(100), "queued".into())
    );
    let (_, whole) = app.post("/orders/o1/refunded", json!({"refundedAmount": 499})).await;
    let states: Vec<_> =
        list(&whole, "commands").iter().map(|c| (text(c, "status"), c["cancelRequestedAt"].is_string())).collect();
    let expected = [("completed", false), ("delivered", true), ("cancelled", true)]
        .map(|(status, asked)| (status.to_owned(), asked));
    assert_eq!(states, expected, "what was offered is cancelled on the agent's word only");
    let (_, polled) = app.poll(&token, "j1").await;
    assert_eq!(
        (list(&polled, "commands").len(), &polled["revoked"]),
        (0, &json!([{"id": made[1], "attempt": 1, "redelivered": false}]))
    );
    app.report(&token, "j1", json!([report(&made[1], 1, "cancelled", None)])).await;
    let (_, closed) = app.get("/orders/o1").await;
    assert_eq!((text(&closed, "status"), text(&closed, "delivery")), ("refunded".into(), "partial".into()));
    let (status, _) = app.post("/orders/o1/refunded", json!({})).await;
    assert_eq!(status, StatusCode::OK, "the same again changes nothing");
    let (status, late) = app.post("/orders/o1/refunded", json!({"refundedAmount": 1})).await;
    assert_eq!((status, &late["refundedAmount"]), (StatusCode::OK, &json!(499)), "nothing is left to be refunded");
}

#[tokio::test]
async fn order_transitions_out_of_order_are_refused() {
    let app = TestApp::new().await;
    app.package(json!([])).await;
    app.put("/orders/o1", order(1, "created")).await;
    for refused in ["completed", "refunded"] {
        assert_eq!(app.post(&format!("/orders/o1/{refused}"), json!({})).await.0, StatusCode::CONFLICT, "{refused}");
    }
    for done in ["paid", "paid", "completed", "completed", "paid"] {
        assert_eq!(app.post(&format!("/orders/o1/{done}"), json!({})).await.0, StatusCode::OK, "{done}");
    }
    app.put("/orders/o2", order(1, "created")).await;
    assert_eq!(app.delete("/packages/vip").await.0, StatusCode::CONFLICT, "an unpaid order names it");
    assert_eq!(app.post("/orders/o2/cancelled", json!({})).await.0, StatusCode::OK);
    assert_eq!(app.post("/orders/o2/paid", json!({})).await.0, StatusCode::CONFLICT);
    assert_eq!(app.post("/orders/none/paid", json!({})).await.0, StatusCode::NOT_FOUND);
    assert_eq!(app.delete("/packages/vip").await.0, StatusCode::NO_CONTENT);
    assert_eq!(app.get("/orders/o1").await.0, StatusCode::OK);
}

#[tokio::test]
async fn an_imported_order_makes_no_commands() {
    let app = TestApp::new().await;
    app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    let mut body = order(1, "paid");
    body["imported"] = json!(true);
    let (_, order) = app.put("/orders/old", body).await;
    assert_eq!((text(&order, "status"), list(&order, "commands").len()), ("paid".into(), 0));
}

#[tokio::test]
async fn order_with_too_many_commands_stores_nothing() {
    let app = TestApp::new().await;
    app.server().await;
    app.package(json!([{"command": "say a"}, {"command": "say b"}])).await;
    let (status, error) = app.put("/orders/o1", order(501, "paid")).await;
    assert_eq!((status, error["error"]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("items")));
    assert_eq!(app.get("/orders/o1").await.0, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/commands").await.1["items"], json!([]));
}

#[tokio::test]
async fn pages_list_every_item_once_newest_first() {
    let app = TestApp::new().await;
    app.package(json!([])).await;
    for number in 0..7 {
        app.paid(&format!("o{number}")).await;
    }
    let (mut seen, mut path) = (Vec::new(), "/orders?limit=3".to_owned());
    loop {
        let (_, page) = app.get(&path).await;
        seen.extend(list(&page, "items").iter().map(|order| text(order, "id")));
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("/orders?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, ["o6", "o5", "o4", "o3", "o2", "o1", "o0"]);
    let (_, created) = app.get("/orders?status=created").await;
    assert_eq!(created["items"], json!([]));
}

#[tokio::test]
async fn list_counts_commands_and_shows_the_first_obstacles() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    app.put("/orders/many", order(1_000, "paid")).await;
    let done = only_command(&app.paid("done").await);
    app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&done, 1, "completed", None)])).await;
    app.put("/orders/created", order(1, "created")).await;

    let (_, page) = app.get("/orders").await;
    assert!(page.to_string().len() < 10_000, "{} bytes", page.to_string().len());
    let counts = |pending: u64, completed: u64| json!({"pending": pending, "delivered": 0, "awaitingPlayer": 0, "completed": completed, "failed": 0, "cancelled": 0});
    let expected = [
        ("created", "none", counts(0, 0), 0),
        ("done", "delivered", counts(0, 1), 0),
        ("many", "queued", counts(1_000, 0), 5),
    ];
    for (listed, (id, delivery, counts, obstacles)) in list(&page, "items").iter().zip(expected) {
        assert_eq!((text(listed, "id"), text(listed, "delivery")), (id.to_owned(), delivery.to_owned()));
        assert_eq!((&listed["commandCounts"], &listed["commands"]), (&counts, &Value::Null), "{id}");
        let (_, whole) = app.get(&format!("/orders/{id}")).await;
        assert_eq!(whole["commandCounts"], counts, "{id}");
        let first = &list(&whole, "obstacles")[..obstacles];
        assert_eq!(list(listed, "obstacles"), first, "{id}");
    }
}

#[tokio::test]
async fn page_of_large_packages_ends_before_its_limit() {
    let app = TestApp::new().await;
    let commands = vec![json!({"command": format!("say {}", "x".repeat(1_200)), "servers": "all"}); 50];
    let package = json!({"name": "VIP", "price": 499, "currency": "EUR", "commands": commands});
    for number in 10..50 {
        app.put(&format!("/packages/p{number}"), package.clone()).await;
    }
    let (mut seen, mut sizes, mut path) = (Vec::new(), Vec::new(), "/packages?limit=100".to_owned());
    loop {
        let (_, page) = app.get(&path).await;
        seen.extend(list(&page, "items").iter().map(|package| text(package, "id")));
        sizes.push(page.to_string().len());
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("/packages?limit=100&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, (10..50).map(|number| format!("p{number}")).collect::<Vec<_>>());
    let most = flux_rest::limits::PAGE_BYTES + 1_000;
    assert!(sizes.len() > 2 && sizes.iter().all(|size| *size <= most), "{sizes:?}");
}
