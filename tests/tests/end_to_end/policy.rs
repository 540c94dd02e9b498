//! The agent's policy at the store, before anything is sold, and a removed server whose agent polls.

use crate::test_env::{LIMIT, TestEnv};
use flux_testkit::testbed::{Programs, Who, until};
use hyper::Method;
use serde_json::json;
use std::process::Command;
use tokio::task::spawn_blocking;

/// The output of the agent's command line. It must not keep the proxy between agent and store from running.
async fn agent(env: &TestEnv, arguments: &[&str]) -> String {
    let mut command = Command::new(Programs::beside_this().unwrap().agent);
    command.arg("--config").arg(env.testbed.folder().join("agent.yml")).args(arguments);
    let output = spawn_blocking(move || command.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn store_warns_of_a_package_that_a_strict_agent_would_refuse() {
    let strict = "policy: {mode: strict, allow: [\"give {player} diamond 1\"]}\n";
    let env = TestEnv::start_with(&["Steve"], strict).await;
    env.package("gems", json!({"command": "give {player} emerald 3"})).await;
    let warned = |wanted: usize| {
        let api = &env.api;
        let look = move || async move {
            let package = api.get("/api/v1/packages/gems").await?;
            let warnings = package["warnings"].as_array().cloned().unwrap_or_default();
            Ok((warnings.len() == wanted).then_some(warnings))
        };
        async move { until("the package's warnings", LIMIT, look).await.unwrap().0 }
    };
    let warnings = warned(1).await;
    let wanted = format!("commands[0]: the agent of {} would not run it: not allowed by policy.allow", env.server);
    assert!(warnings[0].as_str().unwrap().starts_with(&wanted), "{warnings:?}");

    // The list that `policy suggest` prints has the package that was never sold.
    let list = agent(&env, &["policy", "suggest"]).await;
    assert!(list.contains("    - \"give {player} emerald 3\"  # not sold yet"), "{list}");
    env.testbed.write_agent_config(&env.token, &list).unwrap();
    agent(&env, &["reload"]).await;
    warned(0).await;
    env.pay("order-1", "Steve", "gems", 1).await;
    env.command_is("order-1", "completed").await;
}

#[tokio::test]
async fn polling_agent_of_a_removed_server_learns_it_and_gives_nothing_more() {
    let mut env = TestEnv::without_agent(&[]).await;
    env.testbed.write_agent_config(&env.token, "").unwrap();
    env.testbed.link.cut_sessions();
    env.pay("order-1", "Alex", "diamonds", 1).await;
    env.testbed.start(Who::Agent).await.unwrap();
    env.command_is("order-1", "awaiting_player").await;
    let path = format!("/api/v1/servers/{}", env.server);
    env.api.call(Method::DELETE, &path, None).await.unwrap();
    // The agent's next poll brings the revoke, and its report closes the command.
    env.command_is("order-1", "cancelled").await;
    env.testbed.game("join Alex").await.unwrap();
    env.logged("agent.log", "the store rejected the token").await;
    assert!(env.runs().await.is_empty(), "{}", env.log("agent.log"));
}
