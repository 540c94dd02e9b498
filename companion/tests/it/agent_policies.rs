//! Agents say what their policy refuses, so that a package which would not be delivered is named before it is sold.

use crate::test_app::{TestApp, list};
use http::StatusCode;
use serde_json::{Value, json};

fn policy(mode: &str, allow: &[&str], deny: &[&str]) -> Value {
    json!({"mode": mode, "allow": allow, "deny": deny, "bedrockPrefix": "."})
}

async fn send(app: &TestApp, token: &str, policy: Value) -> StatusCode {
    app.poll(token, "j1").await;
    app.as_agent("POST", "/policy", token, "j1", Some(policy)).await.0
}

/// The warnings of a package with these commands.
async fn warnings(app: &TestApp, commands: Value) -> Vec<Value> {
    let package = json!({"name": "VIP", "price": 499, "currency": "EUR", "commands": commands});
    let (status, saved) = app.put("/packages/vip", package).await;
    assert!(status.is_success(), "{saved}");
    let (_, shown) = app.get("/packages/vip").await;
    assert_eq!(saved["warnings"], shown["warnings"]);
    list(&shown, "warnings")
}

#[tokio::test]
async fn package_names_the_agents_that_would_refuse_it() {
    let app = TestApp::new().await;
    let (strict, strict_token) = app.server().await;
    let (lax, lax_token) = app.server().await;
    let (_, _) = app.server().await;
    assert_eq!(send(&app, &strict_token, policy("strict", &["give {player} diamond 1"], &["op"])).await, 204);
    assert_eq!(send(&app, &lax_token, policy("default", &[], &["op"])).await, 204);
    let of_all = |command: &str| json!([{"command": command, "servers": "all"}]);

    assert_eq!(warnings(&app, of_all("give {player} diamond 1")).await, [] as [Value; 0]);
    let refused =
        |server: &str, why: &str| json!(format!("commands[0]: the agent of {server} would not run it: {why}"));
    let unlisted = "not allowed by policy.allow, and policy.mode is strict: lp user Steve parent add vip";
    assert_eq!(warnings(&app, of_all("lp user {player} parent add vip")).await, [refused(&strict, unlisted)]);
    let denied = "denied by policy.deny `op`: op Steve";
    let mut both = [refused(&strict, denied), refused(&lax, denied)];
    let mut found = warnings(&app, of_all("op {player}")).await;
    both.sort_by_key(Value::to_string);
    found.sort_by_key(Value::to_string);
    assert_eq!(found, both);
    // A package for the other server alone is nothing to the strict one.
    assert_eq!(warnings(&app, json!([{"command": "say hi", "servers": [lax]}])).await, [] as [Value; 0]);
    // The list fits one diamond, and an order may have two.
    let two = "not allowed by policy.allow, and policy.mode is strict: give Alex diamond 2";
    assert_eq!(warnings(&app, of_all("give {player} diamond {quantity}")).await, [refused(&strict, two)]);
}

#[tokio::test]
async fn server_shows_the_mode_and_one_event_each_change() {
    let app = TestApp::new().await;
    let (id, token) = app.server().await;
    assert_eq!(app.get(&format!("/servers/{id}")).await.1["policyMode"], Value::Null);
    for (mode, events) in [("strict", 1), ("strict", 1), ("default", 2)] {
        assert_eq!(send(&app, &token, policy(mode, &[], &[])).await, 204);
        assert_eq!(app.get(&format!("/servers/{id}")).await.1["policyMode"], mode);
        assert_eq!(app.count_events("agent.policy_changed").await, events, "{mode}");
    }
}

#[tokio::test]
async fn policy_before_any_contact_and_an_endless_one_are_refused() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    let early = app.as_agent("POST", "/policy", &token, "j1", Some(policy("strict", &[], &[]))).await;
    assert_eq!(early.0, StatusCode::CONFLICT, "{}", early.1);
    let endless = vec!["op"; flux_protocol::limits::POLICY_PATTERNS + 1];
    assert_eq!(send(&app, &token, policy("default", &[], &endless)).await, StatusCode::UNPROCESSABLE_ENTITY);
    let unknown = json!({"mode": "lax", "allow": [], "deny": [], "bedrockPrefix": ""});
    assert_eq!(send(&app, &token, unknown).await, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn agent_reads_the_templates_of_its_own_server() {
    let app = TestApp::new().await;
    let (one, token) = app.server().await;
    let (two, _) = app.server().await;
    let commands = json!([{"command": "give {player} diamond {quantity}", "servers": [one]},
        {"command": "say {package}", "servers": [two]}, {"command": "clear {player}", "on": "refund", "servers": "all"}]);
    app.package(commands).await;
    let (status, answer) = app.as_agent("GET", "/templates", &token, "j1", None).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let templates = list(&answer, "templates");
    let lines: Vec<&Value> = templates.iter().map(|template| &template["command"]).collect();
    assert_eq!(lines, ["give {player} diamond {quantity}", "clear {player}"]);
    assert_eq!((&templates[0]["values"]["quantity"], &answer["more"]), (&json!("1"), &json!(false)));
}
