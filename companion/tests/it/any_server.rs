//! Commands for any one of several servers: they follow the player, and run once.

use crate::test_app::{TestApp, list, only_command, report, text};
use http::StatusCode;
use serde_json::{Value, json};

/// A store with two servers and a package for any one of them.
struct Shop {
    app: TestApp,
    lobby: (String, String),
    survival: (String, String),
}

impl Shop {
    async fn open() -> Shop {
        let app = TestApp::new().await;
        let (lobby, survival) = (app.server().await, app.server().await);
        let any = json!({"anyOf": [lobby.0, survival.0]});
        app.package(json!([{"command": "give {player} diamond", "servers": any},
            {"command": "take {player} diamond", "servers": any, "on": "refund"}]))
            .await;
        Shop { app, lobby, survival }
    }

    async fn joined(&self, (_, token): &(String, String), journal: &str) -> Value {
        let (status, answer) =
            self.app.as_agent("POST", "/players/joined", token, journal, Some(json!({"name": "Steve"}))).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    async fn report(&self, (_, token): &(String, String), journal: &str, report: Value) -> Value {
        let (status, answer) = self.app.report(token, journal, json!([report])).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// A command that waits for its player on the lobby.
    async fn waits_on_lobby(&self) -> String {
        let id = only_command(&self.app.paid("o1").await);
        self.app.poll(&self.lobby.1, "j1").await;
        self.report(&self.lobby, "j1", report(&id, 1, "awaiting_player", Some("player_offline"))).await;
        id
    }

    async fn place_of(&self, id: &str) -> String {
        text(&self.app.command(id).await, "serverId")
    }
}

#[tokio::test]
async fn order_makes_one_command_on_the_first_server() {
    let shop = Shop::open().await;
    let id = only_command(&shop.app.paid("o1").await);
    let command = shop.app.command(&id).await;
    assert_eq!(text(&command, "serverId"), shop.lobby.0);
    assert_eq!(command["anyOf"], json!([shop.lobby.0, shop.survival.0]));
}

#[tokio::test]
async fn command_goes_to_the_server_that_the_player_joined_last() {
    let shop = Shop::open().await;
    shop.joined(&shop.lobby, "j1").await;
    shop.joined(&shop.survival, "j2").await;
    let id = only_command(&shop.app.paid("o1").await);
    assert_eq!(shop.place_of(&id).await, shop.survival.0);
}

#[tokio::test]
async fn command_that_no_agent_has_moves_at_once() {
    let shop = Shop::open().await;
    let id = only_command(&shop.app.paid("o1").await);
    let answer = shop.joined(&shop.survival, "j2").await;
    assert_eq!(list(&answer, "commands").len(), 1, "it comes with the answer");
    assert_eq!(shop.place_of(&id).await, shop.survival.0);
    assert_eq!(list(&shop.app.poll(&shop.lobby.1, "j1").await.1, "commands").len(), 0);
    assert_eq!(shop.app.count_events("command.moved").await, 1);
}

#[tokio::test]
async fn command_moves_once_its_agent_has_confirmed_that_it_did_not_run() {
    let shop = Shop::open().await;
    let id = shop.waits_on_lobby().await;
    let answer = shop.joined(&shop.survival, "j2").await;
    assert_eq!(list(&answer, "commands").len(), 0, "the lobby may be running it");
    let order = shop.app.get("/orders/o1").await.1;
    assert_eq!(
        text(&list(&order, "obstacles")[0], "text"),
        "moves to the server that Steve joined, once the agent of Survival has confirmed that it did not run"
    );
    let (_, polled) = shop.app.poll(&shop.lobby.1, "j1").await;
    assert_eq!(polled["revoked"][0]["id"], json!(id));
    shop.report(&shop.lobby, "j1", report(&id, 1, "cancelled", None)).await;
    let (_, polled) = shop.app.poll(&shop.survival.1, "j2").await;
    assert_eq!((&polled["commands"][0]["id"], &polled["commands"][0]["attempt"]), (&json!(id), &json!(2)));
    shop.report(&shop.survival, "j2", report(&id, 2, "completed", None)).await;
    assert_eq!(text(&shop.app.command(&id).await, "status"), "completed");
    assert_eq!(list(&shop.app.poll(&shop.lobby.1, "j1").await.1, "commands").len(), 0);
    assert_eq!(shop.app.count_events("command.moved").await, 1);
}

#[tokio::test]
async fn command_that_ran_before_the_revoke_stays_where_it_ran() {
    let shop = Shop::open().await;
    let id = shop.waits_on_lobby().await;
    shop.joined(&shop.survival, "j2").await;
    shop.report(&shop.lobby, "j1", report(&id, 1, "completed", None)).await;
    let command = shop.app.command(&id).await;
    assert_eq!((text(&command, "status"), text(&command, "serverId")), ("completed".into(), shop.lobby.0.clone()));
    assert_eq!(list(&shop.app.poll(&shop.survival.1, "j2").await.1, "commands").len(), 0, "never twice");
}

#[tokio::test]
async fn player_who_comes_back_during_the_move_gets_it_where_they_are() {
    let shop = Shop::open().await;
    let id = shop.waits_on_lobby().await;
    shop.joined(&shop.survival, "j2").await;
    shop.joined(&shop.lobby, "j1").await;
    shop.report(&shop.lobby, "j1", report(&id, 1, "cancelled", None)).await;
    let command = shop.app.command(&id).await;
    assert_eq!((text(&command, "serverId"), text(&command, "status")), (shop.lobby.0.clone(), "pending".into()));
}

#[tokio::test]
async fn cancel_by_hand_and_a_refund_end_a_move() {
    for refund in [false, true] {
        let shop = Shop::open().await;
        let id = shop.waits_on_lobby().await;
        shop.joined(&shop.survival, "j2").await;
        let path = if refund { "/orders/o1/refunded".to_owned() } else { format!("/commands/{id}/cancel") };
        assert_eq!(shop.app.post(&path, json!({})).await.0, StatusCode::OK);
        shop.report(&shop.lobby, "j1", report(&id, 1, "cancelled", None)).await;
        assert_eq!(text(&shop.app.command(&id).await, "status"), "cancelled");
        shop.joined(&shop.survival, "j2").await;
        assert_eq!(text(&shop.app.command(&id).await, "status"), "cancelled", "for good");
    }
}

#[tokio::test]
async fn refund_takes_back_on_the_server_that_gave() {
    let shop = Shop::open().await;
    shop.joined(&shop.survival, "j2").await;
    let id = only_command(&shop.app.paid("o1").await);
    shop.app.poll(&shop.survival.1, "j2").await;
    shop.report(&shop.survival, "j2", report(&id, 1, "completed", None)).await;
    let (_, refunded) = shop.app.post("/orders/o1/refunded", json!({})).await;
    let taken: Vec<_> = list(&refunded, "commands").into_iter().filter(|command| command["on"] == "refund").collect();
    assert_eq!(taken.len(), 1);
    assert_eq!(text(&taken[0], "serverId"), shop.survival.0);
}

#[tokio::test]
async fn command_of_a_removed_server_moves_to_the_next_one() {
    let shop = Shop::open().await;
    let offered = shop.waits_on_lobby().await;
    let waiting = only_command(&shop.app.paid("o2").await);
    shop.app.clock.pass(400);
    shop.app.delete(&format!("/servers/{}", shop.lobby.0)).await;
    assert_eq!(shop.place_of(&waiting).await, shop.survival.0, "no agent has it");
    assert_eq!(shop.place_of(&offered).await, shop.lobby.0, "its agent has yet to answer");
    shop.report(&shop.lobby, "j1", report(&offered, 1, "cancelled", None)).await;
    assert_eq!(shop.place_of(&offered).await, shop.survival.0);
}

#[tokio::test]
async fn journal_that_still_has_a_moved_command_is_told_to_drop_it() {
    let shop = Shop::open().await;
    let id = shop.waits_on_lobby().await;
    shop.joined(&shop.survival, "j2").await;
    shop.report(&shop.lobby, "j1", report(&id, 1, "cancelled", None)).await;
    let late = report(&id, 1, "awaiting_player", Some("player_offline"));
    let answer = shop.report(&shop.lobby, "j1", late).await;
    assert_eq!((&answer["acknowledged"], &answer["revoked"][0]["id"]), (&json!([id]), &json!(id)));
    assert_eq!(text(&shop.app.command(&id).await, "status"), "pending", "on the other server");
}

#[tokio::test]
async fn customer_who_is_forgotten_leaves_no_place() {
    let shop = Shop::open().await;
    shop.joined(&shop.survival, "j2").await;
    let id = only_command(&shop.app.paid("o1").await);
    shop.app.poll(&shop.survival.1, "j2").await;
    shop.report(&shop.survival, "j2", report(&id, 1, "completed", None)).await;
    assert!(shop.app.dump().await.contains("'steve'"));
    assert_eq!(shop.app.delete("/customers/c1").await.0, StatusCode::NO_CONTENT);
    assert!(!shop.app.dump().await.to_lowercase().contains("steve"));
}
