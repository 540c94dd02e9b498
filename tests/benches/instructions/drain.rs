//! Cost of one drained command for the agent: a command in the journal is sent with its marker, and its outcome is stored. The sandbox's game is at the
//! other end of a pipe, and the store is away.

use crate::machine::{Counting, Ticking};
use flux_agent::Resources;
use flux_agent::config::{Config, Directories, LiveConfig, SecretSources};
use flux_agent::game::GameDialer;
use flux_agent::journal::Journal;
use flux_agent::upstream::{Call, Rest, RestError};
use flux_platform::SystemdNotifier;
use flux_protocol::{Attempt, Command, CommandKind, PlayerRef};
use flux_rcon::{ConnectError, Connection, Timeouts};
use flux_signalr::client::{BoxFuture, ByteStream, Dialer};
use flux_testkit::game::{Accept, Game, Settings};
use secrecy::SecretString;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::sync::{Notify, mpsc};

const PASSWORD: &str = "counted";
const TOKEN: &str = "srv_abcdefghij12.0123456789abcdefghijABCDEFGHIJxy";

pub async fn run(count: u64) {
    let (connections, accepted) = mpsc::channel(1);
    let game = Game::new(Settings::new(PASSWORD)).unwrap();
    game.join("Steve").unwrap();
    let serving = game.clone();
    tokio::spawn(async move { serving.serve(Pipes(accepted), pending()).await });
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let entropy = Arc::new(Counting::default());
    let mut journal =
        Journal::open(&config.state_dir, config.store.token.server_id(), &*entropy, jiff::Timestamp::UNIX_EPOCH)
            .unwrap();
    let commands: Vec<Command> = (0..count).map(command).collect();
    journal.deliver(&commands, jiff::Timestamp::UNIX_EPOCH).unwrap();
    let (_reloads, reloads) = mpsc::channel(1);
    let done = Arc::new(Notify::new());
    let resources = Resources {
        clock: Arc::new(Ticking::default()),
        entropy,
        journal,
        dialer: Arc::new(Away),
        game: Arc::new(Pipe(connections)),
        rest: Arc::new(Away),
        control: None,
        metrics: None,
        notifier: SystemdNotifier::from_process(),
        loader: Box::new(|| Err("nothing reloads here".into())),
        reloads,
    };
    let all = done.clone();
    tokio::spawn(async move {
        while (game.effects_after(0).len() as u64) < count {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        all.notify_one();
    });
    flux_agent::run(LiveConfig::from(config), resources, done.notified()).await.unwrap();
}

fn config(folder: &std::path::Path) -> Config {
    let path = folder.join("agent.yml");
    let text = format!(
        "store:\n  url: http://store\npresence:\n  join_delay: 0s\nstate_dir: {}\n",
        folder.join("state").display()
    );
    std::fs::write(&path, text).unwrap();
    let secrets = [("FLUX_AGENT_TOKEN", TOKEN), ("FLUX_AGENT_RCON_PASSWORD", PASSWORD)];
    let sources = SecretSources::new(None, secrets.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Config::load(&path, &sources, &Directories::default()).unwrap()
}

fn command(number: u64) -> Command {
    Command {
        id: format!("cmd_{number:026}").parse().unwrap(),
        attempt: Attempt::FIRST,
        order_id: None,
        kind: CommandKind::Purchase,
        player: Some(PlayerRef { name: "Steve".into(), uuid: None }),
        command: "say {player} has bought something".into(),
        values: Default::default(),
        require_online: true,
        delay_seconds: None,
        required_slots: None,
        expires_at: None,
        sequence: number,
        redelivered: false,
    }
}

/// The game's end of the pipes.
struct Pipes(mpsc::Receiver<DuplexStream>);

impl Accept for Pipes {
    type Stream = DuplexStream;

    async fn accept(&mut self) -> io::Result<DuplexStream> {
        match self.0.recv().await {
            Some(pipe) => Ok(pipe),
            None => pending().await,
        }
    }
}

/// The agent's end of the pipes.
struct Pipe(mpsc::Sender<DuplexStream>);

impl GameDialer for Pipe {
    fn dial(&self) -> BoxFuture<'_, Result<Connection, ConnectError>> {
        Box::pin(async {
            let (ours, theirs) = tokio::io::duplex(65_536);
            self.0.send(theirs).await.unwrap();
            Connection::login(ours, &SecretString::from(PASSWORD), Timeouts::each(Duration::from_secs(600))).await
        })
    }
}

/// A store that never answers.
struct Away;

impl Dialer for Away {
    fn dial<'a>(&'a self, _: &'a str, _: u16, _: bool) -> BoxFuture<'a, io::Result<Box<dyn ByteStream>>> {
        Box::pin(pending())
    }
}

impl Rest for Away {
    fn call(&self, _: Call) -> BoxFuture<'_, Result<Vec<u8>, RestError>> {
        Box::pin(pending())
    }
}
