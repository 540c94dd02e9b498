//! The servers that packages and rewards name, by id or by name; those that are added, and those that are removed.

use crate::test_app::{TestApp, list, order, text};
use http::StatusCode;
use serde_json::{Value, json};

async fn server(app: &TestApp, name: &str) -> Value {
    let (status, server) = app.post("/servers", json!({"name": name, "address": "mc.example.com"})).await;
    assert_eq!(status, StatusCode::CREATED, "{server}");
    server
}

async fn save(app: &TestApp, servers: Option<Value>) -> (StatusCode, Value) {
    let mut command = json!({"command": "say hi"});
    if let Some(servers) = servers {
        command["servers"] = servers;
    }
    app.put("/packages/vip", json!({"name": "VIP", "price": 499, "currency": "EUR", "commands": [command]})).await
}

#[tokio::test]
async fn package_names_its_servers_by_id_or_by_name() {
    let app = TestApp::new().await;
    let (one, two) = (server(&app, "Survival").await, server(&app, "Creative").await);
    let (one, two) = (text(&one, "id"), text(&two, "id"));
    for (wanted, saved) in [
        (json!("all"), json!("all")),
        (json!(["Survival"]), json!([one])),
        (json!([two, "Survival"]), json!([two, one])),
        (json!({"anyOf": ["Creative", "Survival"]}), json!({"anyOf": [two, one]})),
    ] {
        let (status, package) = save(&app, Some(wanted.clone())).await;
        assert!(status.is_success(), "{wanted}: {package}");
        assert_eq!(package["commands"][0]["servers"], saved);
        assert_eq!(app.get("/packages/vip").await.1["commands"][0]["servers"], saved);
    }
}

#[tokio::test]
async fn unclear_server_is_422_and_says_what_to_do() {
    let app = TestApp::new().await;
    for name in ["Survival", "Lobby", "Lobby"] {
        server(&app, name).await;
    }
    for (wanted, field, message) in [
        (None, "commands[0].servers", "name the servers that run the command, or send \"all\""),
        (
            Some(json!(["Survival", "Creative"])),
            "commands[0].servers[1]",
            "there is no such server: use the id or the name",
        ),
        (Some(json!(["Lobby"])), "commands[0].servers[0]", "2 servers have this name: use the id"),
        (Some(json!({"anyOf": ["Creative"]})), "commands[0].servers[0]", "there is no such server"),
        (Some(json!("some")), "commands[0].servers", "must be \"all\", a list of 1 to 500 servers"),
        (Some(json!([])), "commands[0].servers", "must be \"all\", a list"),
    ] {
        let (status, refused) = save(&app, wanted.clone()).await;
        let error = &refused["error"];
        assert_eq!((status.as_u16(), error["field"].as_str()), (422, Some(field)), "{wanted:?}: {refused}");
        assert!(text(error, "message").contains(message), "{wanted:?}: {refused}");
    }
}

#[tokio::test]
async fn server_that_is_named_twice_is_422() {
    let app = TestApp::new().await;
    let id = text(&server(&app, "Survival").await, "id");
    let (status, refused) = save(&app, Some(json!([id, "Survival"]))).await;
    assert_eq!((status.as_u16(), &refused["error"]["field"]), (422, &json!("commands[0].servers[1]")));
}

#[tokio::test]
async fn package_without_servers_stays_on_the_only_one() {
    let app = TestApp::new().await;
    let one = text(&server(&app, "Survival").await, "id");
    let (_, package) = save(&app, None).await;
    assert_eq!(package["commands"][0]["servers"], json!([one]));
    let added = server(&app, "Creative").await;
    assert_eq!(added["receives"], json!({"packages": [], "rules": []}));
    let paid = app.paid("o1").await;
    assert_eq!(list(&paid, "commands").iter().map(|one| text(one, "serverId")).collect::<Vec<_>>(), [one]);
}

#[tokio::test]
async fn new_server_says_what_will_be_delivered_there() {
    let app = TestApp::new().await;
    server(&app, "Survival").await;
    save(&app, Some(json!("all"))).await;
    let rewards = json!({"rewardCommands": [{"command": "say thanks", "servers": "all"}], "currency": "EUR"});
    assert_eq!(app.put("/referrals/program", rewards).await.0, StatusCode::OK);
    let added = server(&app, "Creative").await;
    assert_eq!(added["receives"]["packages"], json!(["vip"]));
    assert_eq!(list(&added["receives"], "rules").len(), 1);
}

#[tokio::test]
async fn command_by_hand_names_its_server_and_warns_of_what_is_not_filled_in() {
    let app = TestApp::new().await;
    let id = text(&server(&app, "Survival").await, "id");
    let (status, made) = app.post("/commands", json!({"serverId": "Survival", "command": "say %player%"})).await;
    assert_eq!((status, text(&made, "serverId")), (StatusCode::CREATED, id));
    assert_eq!(list(&made, "warnings").len(), 1, "{made}");
    let (status, refused) = app.post("/commands", json!({"serverId": "Creative", "command": "say hi"})).await;
    assert_eq!((status.as_u16(), &refused["error"]["field"]), (422, &json!("serverId")));
}

#[tokio::test]
async fn order_says_which_removed_servers_it_left_out() {
    let app = TestApp::new().await;
    let (one, two) = (server(&app, "Survival").await, server(&app, "Creative").await);
    save(&app, Some(json!(["Survival", "Creative"]))).await;
    let (one, two) = (text(&one, "id"), text(&two, "id"));
    app.delete(&format!("/servers/{two}")).await;
    let paid = app.paid("o1").await;
    assert_eq!(list(&paid, "commands").len(), 1);
    let obstacles = list(&paid, "obstacles");
    assert_eq!(obstacles[0]["commandId"], Value::Null);
    assert!(
        text(&obstacles[0], "text").contains(&format!("the package vip has commands for {two}, which was removed"))
    );
    app.delete(&format!("/servers/{one}")).await;
    let third = text(&server(&app, "Lobby").await, "id");
    assert_eq!(text(&app.paid("o2").await, "delivery"), "failed", "nothing can be given, although {third} exists");
}

#[tokio::test]
async fn payment_waits_for_the_first_server() {
    let app = TestApp::new().await;
    let (status, package) = save(&app, None).await;
    assert_eq!((status, &package["commands"][0]["servers"]), (StatusCode::CREATED, &json!("all")));
    let (status, refused) = app.put("/orders/o1", order(1, "paid")).await;
    assert_eq!((status, &refused["error"]["code"]), (StatusCode::CONFLICT, &json!("no_server")));
    assert_eq!(app.get("/orders/o1").await.0, StatusCode::NOT_FOUND, "nothing is counted as delivered");
    server(&app, "Survival").await;
    assert_eq!(list(&app.paid("o1").await, "commands").len(), 1);
}

#[tokio::test]
async fn rule_warns_of_removed_servers() {
    let app = TestApp::new().await;
    let id = text(&server(&app, "Survival").await, "id");
    let rewards = json!({"rewardCommands": [{"command": "say thanks", "servers": ["Survival"]}], "currency": "EUR"});
    let (status, saved) = app.put("/referrals/program", rewards).await;
    assert_eq!((status, &saved["warnings"]), (StatusCode::OK, &Value::Null), "{saved}");
    let (_, removal) = app.delete(&format!("/servers/{id}")).await;
    assert_eq!(list(&removal, "rules").len(), 1);
    let (_, rules) = app.get("/referrals/rules").await;
    let warnings = list(&list(&rules, "items")[0], "warnings");
    assert!(warnings[0].as_str().expect("text").contains(&format!("the server {id} was removed")), "{rules}");
}
