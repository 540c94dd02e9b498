//! The crash sweep: one story, told again and again; each time one of the programs ends hard at its next commit, line, message, request or answer, until a
//! telling reaches its end without having come to the point. Whatever the point: nothing is lost, nothing runs twice.

use crate::test_env::{LIMIT, TestEnv, order_body};
use flux_platform::{CRASH_AT, CrashPoint};
use flux_testkit::testbed::{TestbedError, Who};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep};

/// Tellings at a time.
const AT_ONCE: u64 = 4;

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Session,
    Polling,
}

/// A testbed on which the one that has ended is started again.
struct Told {
    env: TestEnv,
    who: Who,
    crashed_at: Option<String>,
}

impl Told {
    /// Starts the one that is to end at its point `number`. It may end while it starts.
    async fn begin(&mut self, who: Who) {
        if let Err(error) = self.env.testbed.start(who).await {
            assert!(matches!(error, TestbedError::Ended { .. }), "{error}");
            self.revive().await;
        }
    }

    /// Starts it again if it has ended, which it does at its crash point alone.
    async fn revive(&mut self) {
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

    /// Does a step, again and again where a program is away, until it brings something.
    async fn step<T>(&mut self, what: &str, step: impl AsyncFn(&TestEnv) -> Result<Option<T>, TestbedError>) -> T {
        let begun = Instant::now();
        loop {
            self.revive().await;
            let done = step(&self.env).await;
            if let Ok(Some(done)) = done {
                return done;
            }
            let told = done.err().map(|error| error.to_string());
            assert!(
                begun.elapsed() < LIMIT,
                "{what}: {told:?}\n{}\n{}",
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

/// Tells the story; at which kind of point the program has ended, if it came to its point `number`.
async fn tell(who: Who, way: Way, number: u64) -> Option<String> {
    let env = TestEnv::without_agent(&["Steve"]).await;
    env.package("say", json!({"command": "say {order}"})).await;
    env.testbed.write_agent_config(&env.token, "").unwrap();
    env.testbed.game("fault lose-reply 1 say away").await.unwrap();
    let mut told = Told { env, who, crashed_at: None };
    told.env.testbed.program(who).set_environment(&[(CRASH_AT, &number.to_string())]);
    if who == Who::Companion {
        told.env.testbed.kill(who).await.unwrap();
        told.begin(who).await;
    }
    if way == Way::Polling {
        // An agent without a session polls at once when it starts.
        told.env.testbed.link.cut_sessions();
        told.pay("here", "Steve").await;
        told.pay("away", "Alex").await;
    }
    told.begin(Who::Agent).await;
    if way == Way::Session {
        told.pay("here", "Steve").await;
        told.pay("away", "Alex").await;
        told.pay("refunded", "Alex").await;
        let refund = async |env: &TestEnv| env.api.post("/api/v1/orders/refunded/refunded", json!({})).await.map(Some);
        told.step("the refund", refund).await;
        let cancelled = async |env: &TestEnv| {
            let order = env.api.get("/api/v1/orders/refunded").await?;
            Ok((order["commands"][0]["status"] == "cancelled").then_some(()))
        };
        told.step("the refunded order being cancelled", cancelled).await;
    }
    told.delivered("here").await;
    told.step("Alex joining", async |env| env.testbed.game("join Alex").await.map(Some)).await;
    told.delivered("away").await;
    let quiet =
        async |env: &TestEnv| Ok((env.testbed.agent_status().await?["journal"]["unreported"] == 0).then_some(()));
    told.step("everything being reported", quiet).await;

    // Once more from the start, with something new behind what is there: nothing of before comes again.
    told.pay("last", "Steve").await;
    told.env.testbed.kill(Who::Agent).await.unwrap();
    told.env.testbed.program(Who::Agent).set_environment(&[]);
    told.env.testbed.start(Who::Agent).await.unwrap();
    told.delivered("last").await;
    let runs = told.env.runs().await;
    let ran = |order: &str| runs.get(&format!("say {order}")).copied().unwrap_or_default();
    let counts = ["here", "away", "last", "refunded"].map(ran);
    assert_eq!(counts, [1, 1, 1, 0], "point {number} ({:?}): {}", told.crashed_at, told.env.log("agent.log"));
    told.crashed_at
}

/// All points of a program on a way of talking: each kind that is expected was met.
async fn sweep(who: Who, way: Way, expected: &[CrashPoint]) {
    let (met, count) = LocalSet::new().run_until(points(who, way)).await;
    println!("{who:?}: {count} points");
    assert_eq!(met, expected.iter().map(CrashPoint::to_string).collect());
}

/// The kinds of the points that were met, and how many points there were.
async fn points(who: Who, way: Way) -> (BTreeSet<String>, u64) {
    let (mut met, mut number) = (BTreeSet::new(), 0);
    loop {
        let mut tellings = JoinSet::new();
        for number in number + 1..=number + AT_ONCE {
            tellings.spawn_local(tell(who, way, number));
        }
        let points = tellings.join_all().await;
        met.extend(points.iter().flatten().cloned());
        number += points.iter().flatten().count() as u64;
        if points.iter().any(Option::is_none) {
            return (met, number);
        }
    }
}

#[tokio::test]
async fn agent_can_crash_at_any_point() {
    sweep(Who::Agent, Way::Session, &[CrashPoint::Commit, CrashPoint::GameCommand, CrashPoint::Message]).await;
}

#[tokio::test]
async fn polling_agent_can_crash_at_any_point() {
    sweep(Who::Agent, Way::Polling, &[CrashPoint::Commit, CrashPoint::GameCommand, CrashPoint::Request]).await;
}

#[tokio::test]
async fn companion_can_crash_at_any_point() {
    sweep(Who::Companion, Way::Session, &[CrashPoint::Commit, CrashPoint::Message, CrashPoint::Response]).await;
}
