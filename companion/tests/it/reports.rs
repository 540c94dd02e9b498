//! Offers and reports over REST, as the rules of the protocol require.

use crate::test_app::{TestApp, list, only_command, order, report, text};
use http::StatusCode;
use serde_json::json;

async fn offered() -> (TestApp, String, String) {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": "give {player} diamond"}])).await;
    let id = only_command(&app.paid("o1").await);
    let (status, polled) = app.poll(&token, "j1").await;
    assert_eq!((status, only_command(&polled)), (StatusCode::OK, id.clone()));
    (app, token, id)
}

#[tokio::test]
async fn poll_response_matches_the_contract() {
    let (app, token, id) = offered().await;
    let (_, polled) = app.poll(&token, "j1").await;
    assert_eq!((&polled["nextPollSeconds"], &polled["now"]), (&json!(15), &json!("2027-01-15T08:00:00Z")));
    assert_eq!(
        polled["commands"],
        json!([{"id": id, "attempt": 1, "orderId": "o1", "kind": "purchase", "player": {"name": "Steve"},
        "command": "give {player} diamond", "values": {"order": "o1", "package": "vip", "price": "499", "quantity": "1"},
        "requireOnline": true, "sequence": 1, "redelivered": false}])
    );
}

#[tokio::test]
async fn rule_2_command_is_offered_until_this_journal_reports_it() {
    let (app, token, id) = offered().await;
    assert_eq!(only_command(&app.poll(&token, "j1").await.1), id);
    assert_eq!(text(&app.command(&id).await, "status"), "pending", "an offer is no delivery");
    let (_, answer) = app.report(&token, "j1", json!([report(&id, 1, "delivered", None)])).await;
    assert_eq!(answer, json!({"acknowledged": [id], "revoked": []}));
    assert_eq!(text(&app.command(&id).await, "status"), "delivered");
    assert_eq!(app.poll(&token, "j1").await.1["commands"], json!([]));
}

#[tokio::test]
async fn rule_4_command_waits_years_for_its_player_in_one_attempt() {
    let (app, token, id) = offered().await;
    for (status, reason) in [("awaiting_player", Some("player_offline")), ("delivered", None)].repeat(3) {
        app.report(&token, "j1", json!([report(&id, 1, status, reason)])).await;
        app.clock.pass(366 * 24 * 60 * 60);
        flux_companion::sweep(&app.state).await;
        let command = app.command(&id).await;
        assert_eq!((text(&command, "status"), &command["attempt"]), (status.into(), &json!(1)));
    }
}

#[tokio::test]
async fn rule_9_open_commands_of_a_lost_journal_are_redelivered() {
    let (app, token, id) = offered().await;
    app.report(&token, "j1", json!([report(&id, 1, "delivered", None)])).await;
    app.clock.pass(31);
    let (status, polled) = app.poll(&token, "j2").await;
    assert_eq!((status, &polled["commands"][0]["redelivered"]), (StatusCode::OK, &json!(true)));
    assert!(app.event_kinds().await.contains(&"agent.journal_changed".to_owned()));
    let (status, error) = app.report(&token, "j1", json!([report(&id, 1, "completed", None)])).await;
    assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::CONFLICT, Some("stale_journal")));
    assert_eq!(text(&app.command(&id).await, "status"), "delivered");
}

/// A journal from an older copy reports as open what the store knows as closed.
#[tokio::test]
async fn rule_8_open_report_of_a_closed_command_is_answered_with_its_state() {
    let (app, token, id) = offered().await;
    let open = report(&id, 1, "awaiting_player", Some("player_offline"));
    app.report(&token, "j1", json!([report(&id, 1, "failed", Some("expired"))])).await;
    let (_, answer) = app.report(&token, "j1", json!([open])).await;
    let failed = json!([{"id": id, "attempt": 1, "status": "failed", "reason": "expired"}]);
    assert_eq!((&answer["acknowledged"], &answer["settled"]), (&json!([id]), &failed));
    app.report(&token, "j1", json!([report(&id, 1, "completed", None)])).await;
    let (_, answer) = app.report(&token, "j1", json!([open])).await;
    assert_eq!(answer["settled"], json!([{"id": id, "attempt": 1, "status": "completed"}]));
    assert_eq!(text(&app.command(&id).await, "status"), "completed");
}

#[tokio::test]
async fn rule_8_open_report_of_an_older_attempt_is_answered_with_its_failure() {
    let (app, token, id) = offered().await;
    app.report(&token, "j1", json!([report(&id, 1, "failed", Some("rejected_by_game"))])).await;
    let (_, answer) = app.report(&token, "j1", json!([report(&id, 1, "delivered", None)])).await;
    let failed = json!([{"id": id, "attempt": 1, "status": "failed", "reason": "rejected_by_game"}]);
    assert_eq!(answer["settled"], failed);
    let (_, answer) = app.report(&token, "j1", json!([report(&id, 2, "delivered", None)])).await;
    assert_eq!(answer["settled"], json!(null), "that attempt is open");
}

/// A restored database knows only the first attempt. It knows the refund, because the storefront has sent it again.
#[tokio::test]
async fn forgotten_attempt_of_a_refunded_command_is_revoked() {
    let (app, token, id) = offered().await;
    app.report(&token, "j1", json!([report(&id, 1, "failed", Some("uncertain"))])).await;
    app.post("/orders/o1/refunded", json!({})).await;
    let (_, answer) =
        app.report(&token, "j1", json!([report(&id, 2, "awaiting_player", Some("player_offline"))])).await;
    assert_eq!(answer["revoked"], json!([{"id": id, "attempt": 2, "redelivered": false}]));
    app.report(&token, "j1", json!([report(&id, 2, "cancelled", None)])).await;
    assert_eq!(text(&app.command(&id).await, "status"), "cancelled");
}

#[tokio::test]
async fn clock_that_ran_ahead_delays_no_retry_and_no_agent() {
    let (app, token, id) = offered().await;
    app.clock.pass(24 * 60 * 60);
    app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&id, 1, "failed", Some("rejected_by_game"))])).await;
    app.clock.pass(-24 * 60 * 60);
    let (status, polled) = app.poll(&token, "j2").await;
    assert_eq!((status, &polled["commands"][0]["attempt"]), (StatusCode::OK, &json!(2)), "{polled}");
}

#[tokio::test]
async fn refused_command_is_retried_on_time_with_its_last_answer() {
    let (app, token, id) = offered().await;
    let mut refused = report(&id, 1, "failed", Some("rejected_by_game"));
    refused["output"] = json!("x".repeat(2_000));
    app.report(&token, "j1", json!([refused])).await;
    let command = app.command(&id).await;
    assert_eq!(
        (text(&command, "status"), &command["attempt"], text(&command, "reason")),
        ("pending".into(), &json!(2), "rejected_by_game".into())
    );
    assert_eq!(text(&command, "output").len(), 1_024);
    assert_eq!(text(&command, "nextAttemptAt"), "2027-01-15T08:00:30Z");
    let history: Vec<_> =
        list(&command, "history").iter().map(|row| (text(row, "status"), row["attempt"].as_u64())).collect();
    assert_eq!(
        history,
        [("pending".to_owned(), Some(1)), ("failed".to_owned(), Some(1)), ("pending".to_owned(), Some(2))]
    );
    app.clock.pass(29);
    assert_eq!(app.poll(&token, "j1").await.1["commands"], json!([]));
    app.clock.pass(1);
    assert_eq!(app.poll(&token, "j1").await.1["commands"][0]["attempt"], 2);
}

#[tokio::test]
async fn bad_report_is_not_acknowledged_and_others_are() {
    let (app, token, id) = offered().await;
    let bad = json!({"id": "cmd_bad", "attempt": 1, "status": "eaten", "at": "2027-01-15T08:00:00Z"});
    let reports = json!([bad, 7, report("cmd_unknown", 1, "completed", None), report(&id, 1, "completed", None)]);
    let (status, answer) = app.report(&token, "j1", reports).await;
    assert_eq!((status, &answer["acknowledged"]), (StatusCode::OK, &json!(["cmd_unknown", id])));
    assert_eq!(text(&app.command(&id).await, "status"), "completed");
}

#[tokio::test]
async fn rule_1_completed_is_final_and_late_reports_are_acknowledged() {
    let (app, token, id) = offered().await;
    app.report(&token, "j1", json!([report(&id, 1, "completed", None)])).await;
    let before = app.command(&id).await;
    for late in [
        report(&id, 1, "failed", Some("uncertain")),
        report(&id, 1, "delivered", None),
        report(&id, 1, "completed", None),
    ] {
        assert_eq!(app.report(&token, "j1", json!([late])).await.1["acknowledged"], json!([id]));
    }
    assert_eq!(app.command(&id).await, before);
}

#[tokio::test]
async fn command_of_another_server_is_unknown() {
    let (app, _, id) = offered().await;
    let (_, other) = app.server().await;
    let (status, answer) = app.report(&other, "j9", json!([report(&id, 1, "completed", None)])).await;
    assert_eq!((status, &answer["acknowledged"]), (StatusCode::OK, &json!([id])));
    assert_eq!(text(&app.command(&id).await, "status"), "pending");
}

#[tokio::test]
async fn rule_8_open_report_of_a_cancelled_command_gets_a_revoke() {
    let (app, token, id) = offered().await;
    app.post(&format!("/commands/{id}/cancel"), json!({})).await;
    let (_, answer) =
        app.report(&token, "j1", json!([report(&id, 1, "awaiting_player", Some("player_offline"))])).await;
    let revoke = json!([{"id": id, "attempt": 1, "redelivered": false}]);
    assert_eq!(answer["revoked"], revoke);
    let command = app.command(&id).await;
    assert_eq!(
        (text(&command, "status"), text(&command, "reason")),
        ("awaiting_player".into(), "player_offline".into())
    );
    app.report(&token, "j1", json!([report(&id, 1, "cancelled", None)])).await;
    assert_eq!(text(&app.command(&id).await, "status"), "cancelled");
    let (_, answer) = app.report(&token, "j1", json!([report(&id, 1, "delivered", None)])).await;
    assert_eq!(answer["revoked"], revoke);
}

#[tokio::test]
async fn join_offers_only_that_players_commands() {
    let (app, token, id) = offered().await;
    let mut other = order(1, "paid");
    other["player"]["name"] = json!("Alex");
    app.put("/orders/o2", other).await;
    let (_, answer) = app
        .as_agent("POST", "/players/joined", &token, "j1", Some(json!({"name": "sTEVE", "uuid": null, "new": 1})))
        .await;
    assert_eq!(only_command(&answer), id);
}

#[tokio::test]
async fn more_than_500_reports_or_polled_commands_are_refused() {
    let (app, token, _) = offered().await;
    let many: Vec<_> = (0..501).map(|n| report(&format!("c{n}"), 1, "completed", None)).collect();
    assert_eq!(app.report(&token, "j1", json!(many)).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    for max in ["0", "501", "x", "-1"] {
        let (status, error) = app.as_agent("GET", &format!("/commands?max={max}"), &token, "j1", None).await;
        assert_eq!(
            (status, error["error"]["field"].as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, Some("max")),
            "{max}"
        );
    }
}

#[tokio::test]
async fn report_that_the_database_refuses_holds_up_no_other() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": "give {player} diamond"}])).await;
    let ids = [only_command(&app.paid("o1").await), only_command(&app.paid("o2").await)];
    app.poll(&token, "j1").await;
    let refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON commands WHEN NEW.output = 'poison'
                  BEGIN SELECT RAISE(ABORT, 'refused'); END";
    let made = app.state.db.write(move |tx| tx.execute(refuse, flux_storage::params![]).map(drop)).await;
    made.map_err(|error: flux_storage::Error| error).expect("a trigger");
    let reports = ids.each_ref().map(|id| {
        let mut one = report(id, 1, "completed", None);
        one["output"] = json!(if *id == ids[0] { "poison" } else { "Gave 1 [Diamond] to Steve" });
        one
    });
    let (status, answer) = app.report(&token, "j1", json!(reports)).await;
    assert_eq!((status, &answer["acknowledged"]), (StatusCode::OK, &json!(ids)), "{answer}");
    let [refused, stored] = [app.command(&ids[0]).await, app.command(&ids[1]).await];
    assert_eq!((text(&refused, "status"), text(&stored, "status")), ("completed".to_owned(), "completed".to_owned()));
    assert_eq!((&refused["output"], text(&stored, "output").as_str()), (&json!(null), "Gave 1 [Diamond] to Steve"));
}

#[tokio::test]
async fn nul_in_the_games_answer_is_replaced() {
    let (app, token, id) = offered().await;
    let mut done = report(&id, 1, "completed", None);
    done["output"] = json!("a\u{0}b");
    app.report(&token, "j1", json!([done])).await;
    assert_eq!(text(&app.command(&id).await, "output"), "a\u{fffd}b");
}

#[tokio::test]
async fn obstacles_show_what_the_agent_says_about_a_wait_and_an_answer() {
    let (app, token, id) = offered().await;
    let said = async |mut report: serde_json::Value, output: Option<&str>| {
        report["output"] = json!(output);
        app.report(&token, "j1", json!([report])).await;
        let order = app.get("/orders/o1").await.1;
        text(&list(&order, "obstacles")[0], "text")
    };
    let waits = |reason| report(&id, 1, "awaiting_player", Some(reason));
    let name = "Survival";
    let unreadable = said(waits("inventory_full"), Some("the inventory of Steve cannot be read")).await;
    assert_eq!(unreadable, format!("waits for Steve on {name}: the inventory of Steve cannot be read"));
    assert_eq!(said(waits("inventory_full"), None).await, format!("waits for room in Steve's inventory on {name}"));
    let held = said(report(&id, 1, "failed", Some("uncertain")), Some("This kit opens in summer")).await;
    assert!(held.starts_with(&format!("the game of {name} answered \"This kit opens in summer\"")), "{held}");
}

#[tokio::test]
async fn call_counts_one_report_for_each_id() {
    let (app, token, id) = offered().await;
    let states = [("delivered", None), ("awaiting_player", Some("player_offline"))];
    let reports: Vec<_> =
        (0..200).map(|number| states[number % 2]).map(|(status, reason)| report(&id, 1, status, reason)).collect();
    let (_, answer) = app.report(&token, "j1", json!(reports)).await;
    assert_eq!(answer["acknowledged"], json!([id]));
    let command = app.command(&id).await;
    assert_eq!(text(&command, "status"), "awaiting_player", "the last one counts");
    assert_eq!(command["history"].as_array().map(Vec::len), Some(2), "{command}");
    let mixed = json!([report(&id, 1, "completed", None), report(&id, 1, "delivered", None)]);
    app.report(&token, "j1", mixed).await;
    assert_eq!(text(&app.command(&id).await, "status"), "completed", "it is final");
}

#[tokio::test]
async fn no_event_names_a_journal() {
    let (app, token, _) = offered().await;
    app.clock.pass(31);
    app.poll(&token, "another-journal").await;
    assert_eq!(app.count_events("agent.journal_changed").await, 1);
    let (_, page) = app.get("/events?limit=100").await;
    assert!(!page.to_string().contains("another-journal"));
}
