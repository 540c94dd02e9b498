//! Regenerated and wrong tokens.

use crate::test_env::TestEnv;
use flux_testkit::testbed::Who;
use serde_json::json;

const WRONG: &str = "srv_000000000000.00000000000000000000000000000000";

#[tokio::test]
async fn wrong_token_is_logged_once_and_the_agent_stays() {
    let mut env = TestEnv::without_agent(&["Steve"]).await;
    env.testbed.write_agent_config(WRONG, "").unwrap();
    env.testbed.start(Who::Agent).await.unwrap();
    env.logged("agent.log", "the store rejected the token").await;
    assert_eq!(env.log("agent.log").matches("rejected the token").count(), 1);
    assert!(!env.log("agent.log").contains(&WRONG[17..]), "no secret is logged");
    assert!(env.testbed.program(Who::Agent).try_ended().unwrap().is_none());
}

#[tokio::test]
async fn rule_5_regenerated_token_ends_the_session_and_loses_nothing() {
    let mut env = TestEnv::start(&[]).await;
    env.pay("order-1", "Alex", "diamonds", 1).await;
    env.delivery_is("order-1", "awaiting_player").await;
    let answer = env.api.post(&format!("/api/v1/servers/{}/token", env.server), json!({})).await.unwrap();
    env.logged("agent.log", "the store rejected the token").await;
    env.testbed.write_agent_config(answer["token"].as_str().unwrap(), "").unwrap();
    env.restart(Who::Agent).await;
    env.online().await;
    env.testbed.game("join Alex").await.unwrap();
    env.delivered("order-1").await;
}

#[tokio::test]
async fn two_agents_with_one_token_never_both_run() {
    let mut env = TestEnv::start(&["Steve"]).await;
    // To the store, the same agent with another journal is another agent.
    env.testbed.kill(Who::Agent).await.unwrap();
    std::fs::rename(env.testbed.folder().join("state"), env.testbed.folder().join("first")).unwrap();
    let second = env.testbed.folder().join("second.yml");
    let config = std::fs::read_to_string(env.testbed.folder().join("agent.yml")).unwrap();
    let folder = env.testbed.folder().display().to_string();
    let other = config
        .replace(&format!("{folder}/state"), &format!("{folder}/first"))
        .replace(&format!("{folder}/run"), &format!("{folder}/run2"));
    std::fs::write(&second, other).unwrap();
    std::fs::set_permissions(&second, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let first_log = env.testbed.folder().join("first.log");
    let agent = flux_testkit::testbed::Programs::beside_this().unwrap().agent;
    let mut first = flux_testkit::testbed::Program::new(
        "first agent",
        agent,
        vec!["--config".into(), second.into(), "run".into()],
        first_log,
    );
    first.start().unwrap();
    env.logged("first.log", "session open").await;
    env.testbed.start(Who::Agent).await.unwrap();
    env.logged("agent.log", "another agent is connected with this token").await;
    env.pay("order-1", "Steve", "diamonds", 3).await;
    env.delivered("order-1").await;
    assert!(!env.log("agent.log").contains("command received"));
    assert_eq!(env.runs().await["give Steve diamond 1"], 3);
}
