//! [`TestEnv`]: the three running programs with one server and one package.

use flux_testkit::testbed::{Programs, StoreApi, Testbed, TestbedError, Who, until};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Limit for reaching a state. It only stops a hanging test; even a loaded machine stays far below it.
pub const LIMIT: Duration = Duration::from_secs(600);

/// The three running programs, with one server and one package.
pub struct TestEnv {
    pub testbed: Testbed,
    pub api: StoreApi,
    pub server: String,
    pub token: String,
    _folder: TempDir,
}

impl TestEnv {
    /// Starts everything: the agent is connected, and these players are online.
    pub async fn start(players: &[&str]) -> TestEnv {
        TestEnv::start_with(players, "").await
    }

    /// The same, with more YAML in the agent's config.
    pub async fn start_with(players: &[&str], more: &str) -> TestEnv {
        let mut env = TestEnv::without_agent(players).await;
        env.testbed.write_agent_config(&env.token, more).unwrap();
        env.testbed.start(Who::Agent).await.unwrap();
        env.online().await;
        // The store shows the agent online a moment before the agent has read its welcome.
        env.logged("agent.log", "session open").await;
        env
    }

    /// Starts store and game, but not the agent.
    pub async fn without_agent(players: &[&str]) -> TestEnv {
        let folder = TempDir::new().unwrap();
        let mut testbed = Testbed::prepare(folder.path(), Programs::beside_this().unwrap()).await.unwrap();
        let api = testbed.start_companion().await.unwrap();
        testbed.start(Who::Game).await.unwrap();
        for player in players {
            testbed.game(&format!("join {player}")).await.unwrap();
        }
        let (server, token) = testbed.add_server(&api, "Survival").await.unwrap();
        let package = json!({"name": "Diamonds", "price": 100, "currency": "EUR", "commands": [{"command": "give {player} diamond 1"}]});
        api.put("/api/v1/packages/diamonds", package).await.unwrap();
        TestEnv { testbed, api, server, token, _folder: folder }
    }

    pub async fn online(&self) {
        self.testbed.server_is(&self.api, &self.server, "online", LIMIT).await.unwrap();
    }

    pub async fn package(&self, id: &str, command: Value) {
        let package = json!({"name": id, "price": 100, "currency": "EUR", "commands": [command]});
        self.api.put(&format!("/api/v1/packages/{id}"), package).await.unwrap();
    }

    /// Pays an order for this quantity of a package.
    pub async fn pay(&self, order: &str, player: &str, package: &str, quantity: u64) -> Value {
        self.api.put(&format!("/api/v1/orders/{order}"), order_body(player, package, quantity)).await.unwrap()
    }

    pub async fn delivered(&self, order: &str) {
        self.delivery_is(order, "delivered").await;
    }

    pub async fn delivery_is(&self, order: &str, delivery: &str) {
        if let Err(error) = self.testbed.delivery_is(&self.api, order, delivery, LIMIT).await {
            let order = self.api.get(&format!("/api/v1/orders/{order}")).await;
            panic!("{error}: {order:#?}\n{}", self.log("agent.log"));
        }
    }

    /// The text of a program's log.
    pub fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.testbed.folder().join(name)).unwrap_or_default()
    }

    /// Waits until a log contains this text.
    pub async fn logged(&self, name: &str, text: &str) {
        let found =
            until(&format!("{text:?} in {name}"), LIMIT, || async { Ok(self.log(name).contains(text).then_some(())) })
                .await;
        if let Err(error) = found {
            panic!("{error}\n{}", self.log(name));
        }
    }

    /// The number of effects of each line, since the world began.
    pub async fn runs(&self) -> BTreeMap<String, usize> {
        let answer = self.testbed.game("effects").await.unwrap();
        let mut runs = BTreeMap::new();
        for effect in answer["effects"].as_array().unwrap() {
            *runs.entry(effect["line"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        runs
    }

    pub async fn restart(&mut self, who: Who) {
        self.testbed.kill(who).await.unwrap();
        self.testbed.start(who).await.unwrap();
    }

    /// Opens a session by hand (without negotiation, as the protocol allows), shakes hands, sends a frame that is not SignalR, and returns the answer.
    pub async fn garbage_on_a_session(&self) -> String {
        let mut socket = TcpStream::connect(self.testbed.store_address).await.unwrap();
        let request = format!(
            "GET /hubs/agent HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.token
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        for text in ["{\"protocol\":\"json\",\"version\":1}\u{1e}", "this is no SignalR\u{1e}"] {
            // A masked text frame with an all-zero mask.
            let mut frame = vec![0x81, 0x80 | text.len() as u8, 0, 0, 0, 0];
            frame.extend_from_slice(text.as_bytes());
            socket.write_all(&frame).await.unwrap();
        }
        let mut said = Vec::new();
        tokio::time::timeout(LIMIT, socket.read_to_end(&mut said)).await.unwrap().ok();
        String::from_utf8_lossy(&said).into_owned()
    }

    pub async fn command(&self, order: &str) -> Value {
        self.api.get(&format!("/api/v1/orders/{order}")).await.unwrap()["commands"][0].clone()
    }

    /// Waits until an order's first command has this status, and returns the command.
    pub async fn command_is(&self, order: &str, status: &str) -> Value {
        let what = format!("{order}'s command being {status}");
        let look = || async {
            let command = self.command(order).await;
            Ok::<_, TestbedError>((command["status"] == status).then_some(command))
        };
        match until(&what, LIMIT, look).await {
            Ok((command, _)) => command,
            Err(error) => panic!("{error}: {:#}\n{}", self.command(order).await, self.log("agent.log")),
        }
    }
}

pub fn order_body(player: &str, package: &str, quantity: u64) -> Value {
    json!({
        "customer": {"id": "customer-1"}, "player": {"name": player}, "items": [{"packageId": package, "quantity": quantity}],
        "amount": 100 * quantity, "currency": "EUR", "status": "paid",
    })
}
