//! The crash sweep plays one scenario again and again. In run N, a program ends abruptly at its Nth commit, line, message, request or answer, until a run
//! is over before point N. After each crash nothing may be lost, and nothing may run twice.

use crate::test_env::{LIMIT, TestEnv, order_body};
use flux_platform::{CRASH_AT, CrashPoint};
use flux_testkit::testbed::{TestbedError, Who};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep};

/// Runs in parallel.
const AT_ONCE: u64 = 4;

#[derive(Clone, Copy, PartialEq)]
enum Transport {
    Session,
    Polling,
}

/// One run of the scenario. It restarts the program that has crashed.
struct Run {
    env: TestEnv,
    who: Who,
    crashed_at: Option<String>,
}

impl Run {
    /// Starts the program that crashes at its point `number`. It may crash while it starts.
    async fn begin(&mut self, who: Who) {
        if let Err(error) = self.env.testbed.start(who).await {
            assert!(matches!(error, TestbedError::Ended { .. }), "{error}");
            self.restart_if_crashed().await;
        }
    }

    /// Starts the program again if it has ended. It may end only at its crash point.
    async fn restart_if_crashed(&mut self) {
        let program = self.env.testbed.program(self.who);
        let Some(status) = program.try_ended().unwrap() else { return };
        program.set_environment(&[]);
        let name = program.log().file_name().unwrap().to_str().unwrap().to_owned();
        let log = self.env.log(&name);
        let point = log.lines().find_map(|line| line.strip_prefix("crash point: "));
        assert!(self.crashed_at.is_none(), "it has ended once more: {status}\n{log}");
        self.crashed_at = Some(point.unwrap_or_else(|| panic!("it has ended: {status}\n{log}")).to_owned());
        self.env.testbed.start(self.who).await.unwrap();
    }

    /// Repeats a step while a program is away, until it returns a value.
    async fn step<T>(&mut self, what: &str, step: impl AsyncFn(&TestEnv) -> Result<Option<T>, TestbedError>) -> T {
        let begun = Instant::now();
        loop {
            self.restart_if_crashed().await;
            let done = step(&self.env).await;
            if let Ok(Some(done)) = done {
                return done;
            }
            let error = done.err().map(|error| error.to_string());
            assert!(
                begun.elapsed() < LIMIT,
                "{what}: {error:?}\n{}\n{}",
                self.env.log("agent.log"),
                self.env.log("companion.log")
            );
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn pay(&mut self, order: &str, player: &str) {
        let path = format!("/api/v1/orders/{order}");
        self.step(order, async |env| env.api.put(&path, order_body(player, "say", 1)).await.map(Some)).await;
    }

    async fn delivered(&mut self, order: &str) {
        let path = format!("/api/v1/orders/{order}");
        let look = async |env: &TestEnv| Ok((env.api.get(&path).await?["delivery"] == "delivered").then_some(()));
        self.step(&format!("{order} being delivered"), look).await;
    }
}

/// Plays the scenario. Returns the kind of point at which the program crashed, or `None` if it did not reach point `number`.
async fn play(who: Who, transport: Transport, number: u64) -> Option<String> {
    let env = TestEnv::without_agent(&["Steve"]).await;
    env.package("say", json!({"command": "say {order}"})).await;
    env.testbed.write_agent_config(&env.token, "").unwrap();
    env.testbed.game("fault lose-reply 1 say away").await.unwrap();
    let mut run = Run { env, who, crashed_at: None };
    run.env.testbed.program(who).set_environment(&[(CRASH_AT, &number.to_string())]);
    if who == Who::Companion {
        run.env.testbed.kill(who).await.unwrap();
        run.begin(who).await;
    }
    if transport == Transport::Polling {
        // An agent without a session polls at once when it starts.
        run.env.testbed.link.cut_sessions();
        run.pay("here", "Steve").await;
        run.pay("away", "Alex").await;
    }
    run.begin(Who::Agent).await;
    if transport == Transport::Session {
        run.pay("here", "Steve").await;
        run.pay("away", "Alex").await;
        run.pay("refunded", "Alex").await;
        let refund = async |env: &TestEnv| env.api.post("/api/v1/orders/refunded/refunded", json!({})).await.map(Some);
        run.step("the refund", refund).await;
        let cancelled = async |env: &TestEnv| {
            let order = env.api.get("/api/v1/orders/refunded").await?;
            Ok((order["commands"][0]["status"] == "cancelled").then_some(()))
        };
        run.step("the refunded order being cancelled", cancelled).await;
    }
    run.delivered("here").await;
    run.step("Alex joining", async |env| env.testbed.game("join Alex").await.map(Some)).await;
    run.delivered("away").await;
    let quiet =
        async |env: &TestEnv| Ok((env.testbed.agent_status().await?["journal"]["unreported"] == 0).then_some(()));
    run.step("everything being reported", quiet).await;

    // One more start, with a new order after the earlier ones: none of the earlier ones may run again.
    run.pay("last", "Steve").await;
    run.env.testbed.kill(Who::Agent).await.unwrap();
    run.env.testbed.program(Who::Agent).set_environment(&[]);
    run.env.testbed.start(Who::Agent).await.unwrap();
    run.delivered("last").await;
    let runs = run.env.runs().await;
    let ran = |order: &str| runs.get(&format!("say {order}")).copied().unwrap_or_default();
    let counts = ["here", "away", "last", "refunded"].map(ran);
    assert_eq!(counts, [1, 1, 1, 0], "point {number} ({:?}): {}", run.crashed_at, run.env.log("agent.log"));
    run.crashed_at
}

/// Crashes a program at every point, and checks that the run met each expected kind.
async fn sweep(who: Who, transport: Transport, expected: &[CrashPoint]) {
    let (met, count) = LocalSet::new().run_until(points(who, transport)).await;
    println!("{who:?}: {count} points");
    assert_eq!(met, expected.iter().map(CrashPoint::to_string).collect());
}

/// The kinds of points that were met, and the number of points.
async fn points(who: Who, transport: Transport) -> (BTreeSet<String>, u64) {
    let (mut met, mut number) = (BTreeSet::new(), 0);
    loop {
        let mut runs = JoinSet::new();
        for number in number + 1..=number + AT_ONCE {
            runs.spawn_local(play(who, transport, number));
        }
        let points = runs.join_all().await;
        met.extend(points.iter().flatten().cloned());
        number += points.iter().flatten().count() as u64;
        if points.iter().any(Option::is_none) {
            return (met, number);
        }
    }
}

#[tokio::test]
async fn agent_can_crash_at_any_point() {
    // Beside the session, the agent sends its policy by a request.
    let points = [CrashPoint::Commit, CrashPoint::GameCommand, CrashPoint::Message, CrashPoint::Request];
    sweep(Who::Agent, Transport::Session, &points).await;
}

#[tokio::test]
async fn polling_agent_can_crash_at_any_point() {
    sweep(Who::Agent, Transport::Polling, &[CrashPoint::Commit, CrashPoint::GameCommand, CrashPoint::Request]).await;
}

#[tokio::test]
async fn companion_can_crash_at_any_point() {
    sweep(Who::Companion, Transport::Session, &[CrashPoint::Commit, CrashPoint::Message, CrashPoint::Response]).await;
}
