//! [`Testbed`]: prepares the files of the three programs, starts and kills the programs, and waits for states.

use super::files::{free_address, write_private};
use super::{Ended, Link, Program, Programs, StoreApi, TestbedError, until};
use crate::control;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Limit of a program's start; a loaded machine needs a while.
const START_LIMIT: Duration = Duration::from_secs(300);
const RCON_PASSWORD: &str = "sandbox-rcon-password";

/// One of the three programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// `flux-companion`.
    Companion,
    /// The game.
    Game,
    /// `flux-agent`.
    Agent,
}

/// The three programs, each with its files in one folder, and the link between agent and companion.
#[derive(Debug)]
pub struct Testbed {
    folder: PathBuf,
    programs: Programs,
    companion: Program,
    game: Program,
    agent: Program,
    /// The companion's own address.
    pub store_address: SocketAddr,
    /// The game's RCON.
    pub rcon_address: SocketAddr,
    control_address: SocketAddr,
    /// The link that can be cut.
    pub link: Link,
    is_linked: bool,
}

impl Testbed {
    /// Prepares the files; starts no program.
    pub async fn prepare(folder: &Path, programs: Programs) -> Result<Testbed, TestbedError> {
        std::fs::create_dir_all(folder).map_err(TestbedError::io(format!("making {}", folder.display())))?;
        let (store_address, rcon_address, control_address) = (free_address()?, free_address()?, free_address()?);
        let file = |name: &str| folder.join(name);
        write_private(
            &file("companion.yml"),
            &format!("listen: {store_address}\ndatabase: {}\n", file("companion.db").display()),
        )?;
        write_private(&file("rcon-password"), RCON_PASSWORD)?;
        let config = |name: &str| vec!["--config".into(), file(name).into()];
        let companion = Program::new(
            "companion",
            programs.companion.clone(),
            [config("companion.yml"), vec!["serve".into()]].concat(),
            file("companion.log"),
        );
        let agent = Program::new(
            "agent",
            programs.agent.clone(),
            [config("agent.yml"), vec!["run".into()]].concat(),
            file("agent.log"),
        );
        let game_arguments =
            ["game", "--rcon", &rcon_address.to_string(), "--control", &control_address.to_string(), "--password-file"];
        let mut game_arguments: Vec<_> = game_arguments.iter().map(Into::into).collect();
        game_arguments.extend([file("rcon-password").into(), "--world".into(), file("world.json").into()]);
        game_arguments.extend(["--log".into(), file("logs/latest.log").into()]);
        let game = Program::new("game", programs.sandbox.clone(), game_arguments, file("game.log"));
        let link = Link::to(store_address).await?;
        Ok(Testbed {
            folder: folder.to_owned(),
            programs,
            companion,
            game,
            agent,
            store_address,
            rcon_address,
            control_address,
            link,
            is_linked: true,
        })
    }

    /// The folder of the files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The handle of one program.
    pub fn program(&mut self, who: Who) -> &mut Program {
        match who {
            Who::Companion => &mut self.companion,
            Who::Game => &mut self.game,
            Who::Agent => &mut self.agent,
        }
    }

    /// Connects the agent directly from its next config on: without the link, which costs time and can be cut.
    pub fn connect_directly(&mut self) {
        self.is_linked = false;
    }

    /// Adds options to the game's command line from its next start on (`flux-sandbox game --help`).
    pub fn set_up_game(&mut self, options: &[&str]) {
        self.game.add_arguments(options);
    }

    /// Creates the companion's database and its first admin key, starts it, and waits until it is ready.
    pub async fn start_companion(&mut self) -> Result<StoreApi, TestbedError> {
        let made = tokio::process::Command::new(&self.programs.companion)
            .arg("--config")
            .arg(self.folder.join("companion.yml"))
            .arg("init")
            .stderr(Stdio::inherit())
            .output()
            .await
            .map_err(TestbedError::io("starting flux-companion"))?;
        let key = String::from_utf8_lossy(&made.stdout).trim().to_owned();
        if !made.status.success() || key.is_empty() {
            return Err(TestbedError::Ended {
                program: "flux-companion init".into(),
                status: made.status,
                log: self.companion.log().clone(),
            });
        }
        let api = StoreApi::new(self.store_address, key);
        self.start(Who::Companion).await?;
        Ok(api)
    }

    /// Starts a program and waits until it answers; the agent answers only with a config ([`Testbed::write_agent_config`]).
    pub async fn start(&mut self, who: Who) -> Result<Duration, TestbedError> {
        self.program(who).start()?;
        let begun = tokio::time::Instant::now();
        loop {
            if let Some(status) = self.program(who).try_ended()? {
                let program = self.program(who);
                return Err(TestbedError::Ended {
                    program: program.name().to_owned(),
                    status,
                    log: program.log().clone(),
                });
            }
            let answers = match who {
                Who::Companion => StoreApi::new(self.store_address, String::new()).get("/health/ready").await.is_ok(),
                Who::Game => control::ask(self.control_address, "online").await.is_ok(),
                Who::Agent => self.folder.join("run/control.sock").exists(),
            };
            if answers {
                return Ok(begun.elapsed());
            }
            if begun.elapsed() > START_LIMIT {
                return Err(TestbedError::Waited {
                    what: format!("the start of the {}", self.program(who).name()),
                    limit: START_LIMIT,
                });
            }
            tokio::time::sleep(super::LOOK_EVERY).await;
        }
    }

    /// `kill -9`.
    pub async fn kill(&mut self, who: Who) -> Result<(), TestbedError> {
        self.program(who).kill().await
    }

    /// SIGTERM.
    pub async fn stop(&mut self, who: Who) -> Result<Option<Ended>, TestbedError> {
        self.program(who).stop().await
    }

    /// Writes the agent's token and config. `more` is YAML that is appended.
    pub fn write_agent_config(&self, token: &str, more: &str) -> Result<(), TestbedError> {
        let folder = self.folder.display();
        write_private(&self.folder.join("token"), token)?;
        let config = format!(
            "store:\n  url: http://{}\n  token_file: {folder}/token\nrcon:\n  address: {}\n  password_file: {folder}/rcon-password\n\
             presence:\n  interval: 1s\n  join_delay: 0s\nstate_dir: {folder}/state\nruntime_dir: {folder}/run\n{more}",
            if self.is_linked { self.link.address() } else { self.store_address },
            self.rcon_address
        );
        write_private(&self.folder.join("agent.yml"), &config)
    }

    /// Adds a server and returns its id and token.
    pub async fn add_server(&self, api: &StoreApi, name: &str) -> Result<(String, String), TestbedError> {
        let server =
            api.post("/api/v1/servers", json!({"name": name, "address": self.rcon_address.to_string()})).await?;
        let text = |key: &str| {
            server[key]
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| TestbedError::Answer(format!("the new server has no {key}")))
        };
        Ok((text("id")?, text("token")?))
    }

    /// Sends a request to the game (see [`control`]).
    pub async fn game(&self, line: &str) -> Result<Value, TestbedError> {
        Ok(control::ask(self.control_address, line).await?)
    }

    /// The output of `flux-agent status`.
    pub async fn agent_status(&self) -> Result<Value, TestbedError> {
        let mut command = tokio::process::Command::new(&self.programs.agent);
        command.arg("--config").arg(self.folder.join("agent.yml")).args(["status", "--json"]);
        let output = command.output().await.map_err(TestbedError::io("asking flux-agent"))?;
        serde_json::from_slice(&output.stdout)
            .map_err(|_| TestbedError::Answer(String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    /// Waits until the agent has lost its session and has polled.
    pub async fn agent_polls(&self, limit: Duration) -> Result<Duration, TestbedError> {
        let look = || async move {
            let store = &self.agent_status().await?["store"];
            Ok((store["session"] == "reconnecting" && store["polledAt"].is_string()).then_some(()))
        };
        Ok(until("the agent polling", limit, look).await?.1)
    }

    /// Waits until a player has this many of an item.
    pub async fn has(&self, player: &str, item: &str, count: u64, limit: Duration) -> Result<Duration, TestbedError> {
        let line = format!("inventory {player}");
        let what = format!("{player} getting {count} {item}");
        let line = &line;
        let look = || async move { Ok((self.game(line).await?[item].as_u64() == Some(count)).then_some(())) };
        Ok(until(&what, limit, look).await?.1)
    }

    /// Waits until the store shows a server online or offline.
    pub async fn server_is(
        &self,
        api: &StoreApi,
        id: &str,
        status: &str,
        limit: Duration,
    ) -> Result<Duration, TestbedError> {
        let path = format!("/api/v1/servers/{id}");
        let path = &path;
        let look = || async move { Ok((api.get(path).await?["status"] == status).then_some(())) };
        Ok(until(&format!("the server being {status}"), limit, look).await?.1)
    }

    /// Waits until the store shows this delivery of the reward that an order earned. `order` is the store's answer.
    pub async fn reward_is(
        &self,
        api: &StoreApi,
        order: &Value,
        delivery: &str,
        limit: Duration,
    ) -> Result<Duration, TestbedError> {
        let id = order["referral"]["attributionId"].as_str();
        let id = id.ok_or_else(|| TestbedError::Answer(format!("the order has earned nobody anything: {order}")))?;
        let path = format!("/api/v1/referrals/attributions/{id}");
        let path = &path;
        let look = || async move { Ok((api.get(path).await?["delivery"] == delivery).then_some(())) };
        Ok(until(&format!("the reward being {delivery}"), limit, look).await?.1)
    }

    /// Waits until the store shows this delivery of an order.
    pub async fn delivery_is(
        &self,
        api: &StoreApi,
        order: &str,
        delivery: &str,
        limit: Duration,
    ) -> Result<Duration, TestbedError> {
        let path = format!("/api/v1/orders/{order}");
        let path = &path;
        let look = || async move { Ok((api.get(path).await?["delivery"] == delivery).then_some(())) };
        Ok(until(&format!("order {order} being {delivery}"), limit, look).await?.1)
    }
}
