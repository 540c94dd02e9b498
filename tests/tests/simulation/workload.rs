//! The storefront: adds the server, sells, refunds, and reads the final state of every command. It retries until it gets an answer, as storefronts do.

use crate::hosts::Shared;
use crate::net::{ask_agent, http};
use crate::random::Seeded;
use crate::secret_log;
use hyper::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub const PLAYERS: [&str; 3] = ["Steve", "Alex", "Kim"];
/// A player who never joins. Their orders wait, and are refunded in the end.
const ABSENT_PLAYER: &str = "Lena";
/// A package whose player need not be online. Each order has another amount, so that each has a line of its own.
pub const GIFT: &str = "gift";
/// The time during which faults occur; with the rest of the work, a history lasts about ten minutes.
pub const FAULT_PERIOD: Duration = Duration::from_secs(540);

/// The actions of the storefront and the admins, and the resulting commands.
#[derive(Debug, Clone, Default)]
pub struct Sales {
    /// The final commands with their history, in the order of their creation.
    pub commands: Vec<Value>,
    /// The number of retries of each failed command by an admin at the store.
    pub retries: BTreeMap<String, usize>,
    /// The number of retries and drops of each command by an admin at the agent.
    pub by_hand: BTreeMap<String, usize>,
    /// The refunded orders.
    pub refunded: BTreeSet<String>,
    /// The commands dropped by an admin at the agent.
    pub dropped: BTreeSet<String>,
}

pub struct Workload {
    shared: Shared,
    random: Seeded,
}

impl Workload {
    pub fn new(shared: Shared, seed: u64) -> Workload {
        Workload { shared, random: Seeded::new(seed ^ 0x5407) }
    }

    /// Sells during the fault period, then waits until everything is closed.
    pub async fn run(&self) -> Sales {
        let server = self.must(Method::POST, "/api/v1/servers", json!({"name": "Sim", "address": "game"})).await;
        self.take_token(&server);
        self.offer("word", json!({"command": "say {order} {player}"})).await;
        self.offer("fleeting", json!({"command": "say {order} {player}", "expiresSeconds": 40})).await;
        let mut sales = self.sell(&format!("/api/v1/servers/{}/token", server["id"].as_str().unwrap())).await;
        self.refund_who_never_came(&mut sales).await;
        sales.commands = self.wait_for_the_end().await;
        sales
    }

    async fn offer(&self, package: &str, command: Value) {
        let body = json!({"name": package, "price": 1, "currency": "EUR", "commands": [command]});
        self.must(Method::PUT, &format!("/api/v1/packages/{package}"), body).await;
    }

    /// Sells something to a player. A gift is sent even if its player is away: the game's answer shows that.
    async fn sell_one(&self, order: u64) {
        let player = if self.random.once_in(10) { ABSENT_PLAYER } else { PLAYERS[self.random.within(0..3) as usize] };
        let package = ["word", "word", "fleeting", GIFT][self.random.within(0..4) as usize];
        if package == GIFT {
            let command = format!("xp add {{player}} {} points", order + 1);
            self.offer(GIFT, json!({"command": command, "requireOnline": false})).await;
        }
        let body = json!({"customer": {"id": "c"}, "player": {"name": player}, "items": [{"packageId": package, "quantity": 1}], "amount": 1, "currency": "EUR", "status": "paid"});
        self.must(Method::PUT, &format!("/api/v1/orders/o{order}"), body).await;
    }

    async fn sell(&self, token: &str) -> Sales {
        let (mut orders, mut sales) = (0_u64, Sales::default());
        while turmoil::elapsed() < FAULT_PERIOD {
            for _ in 0..self.random.within(1..4) {
                self.sell_one(orders).await;
                orders += 1;
            }
            if self.random.once_in(6) {
                // Most refunds come soon after the order.
                let oldest = if self.random.once_in(3) { 0 } else { orders.saturating_sub(8) };
                self.refund(&format!("o{}", self.random.within(oldest..orders)), &mut sales).await;
            }
            if self.random.once_in(25) {
                self.rotate(token).await;
            }
            if self.random.once_in(6) {
                self.retry_a_failed_one(&mut sales).await;
            }
            if self.random.once_in(8) {
                self.settle_one_by_hand(&mut sales).await;
            }
            tokio::time::sleep(Duration::from_millis(self.random.within(200..12_000))).await;
        }
        sales
    }

    async fn refund(&self, order: &str, sales: &mut Sales) {
        if sales.refunded.insert(order.to_owned()) {
            self.must(Method::POST, &format!("/api/v1/orders/{order}/refunded"), json!({})).await;
        }
    }

    async fn refund_who_never_came(&self, sales: &mut Sales) {
        for command in self.commands().await.iter().filter(|command| command["player"]["name"] == ABSENT_PLAYER) {
            self.refund(command["orderId"].as_str().unwrap(), sales).await;
        }
    }

    /// An admin at the agent's command line retries a held command or drops a waiting one; the answer may be lost.
    async fn settle_one_by_hand(&self, sales: &mut Sales) -> Option<()> {
        let is_retry = self.random.once_in(2);
        let state = if is_retry { "failed" } else { "awaiting_player" };
        let listed = asked(json!({"command": "queue_list", "state": state, "player": null})).await?;
        let ids: Vec<&str> = listed["done"]["jobs"].as_array()?.iter().filter_map(|job| job["id"].as_str()).collect();
        // The two admins do not know of each other: this command was retried at the store first.
        let id = ids.iter().rfind(|id| sales.retries.contains_key(**id)).or(ids.last())?.to_string();
        if is_retry {
            run_by_hand(&id, sales).await;
        } else {
            *sales.by_hand.entry(id.clone()).or_default() += 1;
            asked(json!({"command": "queue_drop", "id": id, "reason": "simulated"})).await;
            sales.dropped.insert(id);
        }
        Some(())
    }

    /// An admin retries the newest failed command. Sometimes its player gets a refund at that moment, and the agent's admin retries it too.
    async fn retry_a_failed_one(&self, sales: &mut Sales) {
        let Some(failed) = self.page("?limit=1&status=failed").await.0 else { return };
        let [id, order] = ["id", "orderId"].map(|name| failed[0][name].as_str().unwrap().to_owned());
        // A lost answer repeats the call, and the command may no longer be failed by then. Either way one more run was intended.
        *sales.retries.entry(id.clone()).or_default() += 1;
        self.must(Method::POST, &format!("/api/v1/commands/{id}/retry"), json!({})).await;
        if self.random.once_in(4) {
            self.refund(&order, sales).await;
            run_by_hand(&id, sales).await;
        }
    }

    /// Regenerates the token at the store and in the agent's file. If the first answer was lost, the second token counts.
    async fn rotate(&self, path: &str) {
        let answer = self.must(Method::POST, path, json!({})).await;
        self.take_token(&answer);
        if let Some(reload) = self.shared.reload.lock().unwrap().as_ref() {
            // An agent that is down reads the token when it starts.
            reload.try_send(()).ok();
        }
    }

    fn take_token(&self, answer: &Value) {
        let token = answer["token"].as_str().unwrap();
        secret_log::keep_secret(token);
        *self.shared.token.lock().unwrap() = Some(token.to_owned());
    }

    /// Waits until no command is open, and returns all of them with their history.
    async fn wait_for_the_end(&self) -> Vec<Value> {
        loop {
            let commands = self.commands().await;
            let is_open =
                |command: &Value| !matches!(command["status"].as_str(), Some("completed" | "failed" | "cancelled"));
            if !commands.iter().any(is_open) {
                return commands;
            }
            self.nobody_waits().await;
        }
    }

    /// Checks each state in turn; a command may change its state between two checks.
    async fn nobody_waits(&self) {
        for status in ["pending", "delivered", "awaiting_player"] {
            while self.page(&format!("?limit=1&status={status}")).await.0.is_some() {
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        }
    }

    async fn commands(&self) -> Vec<Value> {
        let (mut commands, mut cursor) = (Vec::new(), String::new());
        loop {
            let (page, next) = self.page(&format!("?limit=100{cursor}")).await;
            for command in page.iter().flat_map(|items| items.as_array().unwrap()) {
                commands.push(
                    self.must(
                        Method::GET,
                        &format!("/api/v1/commands/{}", command["id"].as_str().unwrap()),
                        Value::Null,
                    )
                    .await,
                );
            }
            match next {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        commands.sort_by_key(|command| command["sequence"].as_u64());
        commands
    }

    /// A page of commands (`None` if it is empty), and the cursor of the next one.
    async fn page(&self, query: &str) -> (Option<Value>, Option<String>) {
        let mut page = self.must(Method::GET, &format!("/api/v1/commands{query}"), Value::Null).await;
        let items = page["items"].take();
        let next = page["nextCursor"].as_str().map(str::to_owned);
        (items.as_array().is_some_and(|items| !items.is_empty()).then_some(items), next)
    }

    /// Repeats a call until it is answered. A server is added under an idempotency key; all other calls are idempotent by their path.
    async fn must(&self, method: Method, path: &str, body: Value) -> Value {
        let headers = [("authorization", format!("Bearer {}", self.shared.key))];
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        loop {
            let call = http(method.clone(), path, &headers, bytes.clone());
            if let Ok(Ok((status, answer))) = tokio::time::timeout(Duration::from_secs(10), call).await {
                let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
                match status {
                    200..300 => return answer,
                    409 if path.ends_with("/retry") => return answer,
                    500.. => {}
                    other => panic!("{method} {path}: {other} {answer}"),
                }
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// Records a retry by an admin at the agent.
async fn run_by_hand(id: &str, sales: &mut Sales) {
    *sales.by_hand.entry(id.to_owned()).or_default() += 1;
    asked(json!({"command": "queue_retry", "id": id})).await;
}

async fn asked(request: Value) -> Option<Value> {
    tokio::time::timeout(Duration::from_secs(10), ask_agent(&request)).await.ok()?.ok()
}
