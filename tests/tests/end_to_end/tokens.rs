use crate::rig::Rig;
use flux_testkit::stage::Who;
use serde_json::json;

const WRONG: &str = "srv_000000000000.00000000000000000000000000000000";

#[tokio::test]
async fn a_wrong_token_is_said_once_and_the_agent_stays() {
    let mut rig = Rig::without_agent(&["Steve"]).await;
    rig.stage.write_agent_config(WRONG, "").unwrap();
    rig.stage.start(Who::Agent).await.unwrap();
    rig.logged("agent.log", "the store rejected the token").await;
    assert_eq!(rig.log("agent.log").matches("rejected the token").count(), 1);
    assert!(!rig.log("agent.log").contains(&WRONG[17..]), "no secret is logged");
    assert!(rig.stage.program(Who::Agent).try_ended().unwrap().is_none());
}

#[tokio::test]
async fn rule_5_a_regenerated_token_ends_the_session_and_the_new_one_loses_nothing() {
    let mut rig = Rig::start(&[]).await;
    rig.pay("order-1", "Alex", "diamonds", 1).await;
    rig.delivery_is("order-1", "awaiting_player").await;
    let answer = rig.api.post(&format!("/api/v1/servers/{}/token", rig.server), json!({})).await.unwrap();
    rig.logged("agent.log", "the store rejected the token").await;
    rig.stage.write_agent_config(answer["token"].as_str().unwrap(), "").unwrap();
    rig.restart(Who::Agent).await;
    rig.online().await;
    rig.stage.game("join Alex").await.unwrap();
    rig.delivered("order-1").await;
}

#[tokio::test]
async fn two_agents_with_one_token_never_both_run() {
    let mut rig = Rig::start(&["Steve"]).await;
    // The same agent with another journal is another agent to the store.
    rig.stage.kill(Who::Agent).await.unwrap();
    std::fs::rename(rig.stage.folder().join("state"), rig.stage.folder().join("first")).unwrap();
    let second = rig.stage.folder().join("second.yml");
    let config = std::fs::read_to_string(rig.stage.folder().join("agent.yml")).unwrap();
    let folder = rig.stage.folder().display().to_string();
    let other = config
        .replace(&format!("{folder}/state"), &format!("{folder}/first"))
        .replace(&format!("{folder}/run"), &format!("{folder}/run2"));
    std::fs::write(&second, other).unwrap();
    std::fs::set_permissions(&second, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let first_log = rig.stage.folder().join("first.log");
    let agent = flux_testkit::stage::Programs::beside_this().unwrap().agent;
    let mut first = flux_testkit::stage::Program::new(
        "first agent",
        agent,
        vec!["--config".into(), second.into(), "run".into()],
        first_log,
    );
    first.start().unwrap();
    rig.logged("first.log", "session open").await;
    rig.stage.start(Who::Agent).await.unwrap();
    rig.logged("agent.log", "another agent is connected with this token").await;
    rig.pay("order-1", "Steve", "diamonds", 3).await;
    rig.delivered("order-1").await;
    assert!(!rig.log("agent.log").contains("command received"));
    assert_eq!(rig.runs().await["give Steve diamond 1"], 3);
}
