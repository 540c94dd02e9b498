//! The crash sweep: one story, told again and again; each time one of the programs ends hard at its next commit, line, message, request or answer, until a
//! telling reaches its end without having come to the point. Whatever the point: nothing is lost, nothing runs twice.

use crate::rig::{LIMIT, Rig, order_body};
use flux_platform::{CRASH_AT, CrashPoint};
use flux_testkit::stage::{StageError, Who};
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

/// A stage on which the one that has ended is started again.
struct Told {
    rig: Rig,
    who: Who,
    crashed_at: Option<String>,
}

impl Told {
    /// Starts the one that is to end at its point `number`. It may end while it starts.
    async fn begin(&mut self, who: Who) {
        if let Err(error) = self.rig.stage.start(who).await {
            assert!(matches!(error, StageError::Ended { .. }), "{error}");
            self.revive().await;
        }
    }

    /// Starts it again if it has ended, which it does at its crash point alone.
    async fn revive(&mut self) {
        let program = self.rig.stage.program(self.who);
        let Some(status) = program.try_ended().unwrap() else { return };
        program.set_environment(&[]);
        let name = program.log().file_name().unwrap().to_str().unwrap().to_owned();
        let log = self.rig.log(&name);
        let point = log.lines().find_map(|line| line.strip_prefix("crash point: "));
        assert!(self.crashed_at.is_none(), "it has ended once more: {status}\n{log}");
        self.crashed_at = Some(point.unwrap_or_else(|| panic!("it has ended: {status}\n{log}")).to_owned());
        self.rig.stage.start(self.who).await.unwrap();
    }

    /// Does a step, again and again where a program is away, until it brings something.
    async fn step<T>(&mut self, what: &str, step: impl AsyncFn(&Rig) -> Result<Option<T>, StageError>) -> T {
        let begun = Instant::now();
        loop {
            self.revive().await;
            let done = step(&self.rig).await;
            if let Ok(Some(done)) = done {
                return done;
            }
            let told = done.err().map(|error| error.to_string());
            assert!(
                begun.elapsed() < LIMIT,
                "{what}: {told:?}\n{}\n{}",
                self.rig.log("agent.log"),
                self.rig.log("companion.log")
            );
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn pay(&mut self, order: &str, player: &str) {
        let path = format!("/api/v1/orders/{order}");
        self.step(order, async |rig| rig.api.put(&path, order_body(player, "say", 1)).await.map(Some)).await;
    }

    async fn delivered(&mut self, order: &str) {
        let path = format!("/api/v1/orders/{order}");
        let look = async |rig: &Rig| Ok((rig.api.get(&path).await?["delivery"] == "delivered").then_some(()));
        self.step(&format!("{order} being delivered"), look).await;
    }
}

/// Tells the story; at which kind of point the program has ended, if it came to its point `number`.
async fn tell(who: Who, way: Way, number: u64) -> Option<String> {
    let rig = Rig::without_agent(&["Steve"]).await;
    rig.package("say", json!({"command": "say {order}"})).await;
    rig.stage.write_agent_config(&rig.token, "").unwrap();
    rig.stage.game("fault lose-reply 1 say away").await.unwrap();
    let mut told = Told { rig, who, crashed_at: None };
    told.rig.stage.program(who).set_environment(&[(CRASH_AT, &number.to_string())]);
    if who == Who::Companion {
        told.rig.stage.kill(who).await.unwrap();
        told.begin(who).await;
    }
    if way == Way::Polling {
        // An agent without a session polls at once when it starts.
        told.rig.stage.wire.cut_sessions();
        told.pay("here", "Steve").await;
        told.pay("away", "Alex").await;
    }
    told.begin(Who::Agent).await;
    if way == Way::Session {
        told.pay("here", "Steve").await;
        told.pay("away", "Alex").await;
        told.pay("refunded", "Alex").await;
        let refund = async |rig: &Rig| rig.api.post("/api/v1/orders/refunded/refunded", json!({})).await.map(Some);
        told.step("the refund", refund).await;
        let cancelled = async |rig: &Rig| {
            let order = rig.api.get("/api/v1/orders/refunded").await?;
            Ok((order["commands"][0]["status"] == "cancelled").then_some(()))
        };
        told.step("the refunded order being cancelled", cancelled).await;
    }
    told.delivered("here").await;
    told.step("Alex joining", async |rig| rig.stage.game("join Alex").await.map(Some)).await;
    told.delivered("away").await;
    let quiet = async |rig: &Rig| Ok((rig.stage.agent_status().await?["journal"]["unreported"] == 0).then_some(()));
    told.step("everything being reported", quiet).await;

    // Once more from the start, with something new behind what is there: nothing of before comes again.
    told.pay("last", "Steve").await;
    told.rig.stage.kill(Who::Agent).await.unwrap();
    told.rig.stage.program(Who::Agent).set_environment(&[]);
    told.rig.stage.start(Who::Agent).await.unwrap();
    told.delivered("last").await;
    let runs = told.rig.runs().await;
    let ran = |order: &str| runs.get(&format!("say {order}")).copied().unwrap_or_default();
    let counts = ["here", "away", "last", "refunded"].map(ran);
    assert_eq!(counts, [1, 1, 1, 0], "point {number} ({:?}): {}", told.crashed_at, told.rig.log("agent.log"));
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
async fn the_agent_may_end_at_any_of_its_crash_points() {
    sweep(Who::Agent, Way::Session, &[CrashPoint::Commit, CrashPoint::GameCommand, CrashPoint::Message]).await;
}

#[tokio::test]
async fn the_agent_may_end_at_any_of_its_crash_points_while_it_polls() {
    sweep(Who::Agent, Way::Polling, &[CrashPoint::Commit, CrashPoint::GameCommand, CrashPoint::Request]).await;
}

#[tokio::test]
async fn the_companion_may_end_at_any_of_its_crash_points() {
    sweep(Who::Companion, Way::Session, &[CrashPoint::Commit, CrashPoint::Message, CrashPoint::Response]).await;
}
