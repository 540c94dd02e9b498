//! The three programs as hosts: each start opens what the last one left on disk.

use crate::machine::SimClock;
use crate::net::{GAME, GameListener, RCON_PORT, STORE, STORE_PORT, SimDialer, SimRcon, SimRest, StoreListener};
use crate::random::Seeded;
use flux_agent::Resources as AgentResources;
use flux_agent::config::{Config as AgentConfig, Directories, LiveConfig, SecretSources};
use flux_agent::journal::Journal;
use flux_ambient::Notifier;

use flux_companion::config::Config as StoreConfig;
use flux_companion::db::{Db, keys};
use flux_companion::model::{Label, Role};
use flux_companion::{ApiKey, Resources as StoreResources};
use flux_rcon::Timeouts;
use flux_sandbox::game::{Game, Settings};
use secrecy::ExposeSecret;
use std::future::pending;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use turmoil::net::TcpListener;

const RCON_PASSWORD: &str = "simulated";

type Fallible = Result<(), Box<dyn std::error::Error>>;

/// What all hosts and the story share.
#[derive(Clone)]
pub struct Shared {
    /// Where the files are.
    pub folder: PathBuf,
    /// The admin key, made before anything runs.
    pub key: String,
    /// The server's token, once the storefront has added the server.
    pub token: Arc<Mutex<Option<String>>>,
    /// Every game that has run in this world, in order; the last one is the present one.
    pub games: Arc<Mutex<Vec<Game>>>,
    /// More YAML for the agent's config.
    pub agent_yaml: &'static str,
    /// Why a program could not start, if one could not.
    pub failures: Arc<Mutex<Vec<String>>>,
    entropy: Arc<Seeded>,
}

impl Shared {
    pub fn new(folder: &Path, seed: u64, agent_yaml: &'static str) -> Shared {
        let entropy = Arc::new(Seeded::new(seed ^ 0xE47));
        let key = ApiKey::draw(&*entropy);
        let path = folder.join("store.db");
        Db::create(&path).unwrap();
        let db = Db::open_in_place(&path).unwrap();
        let (name, hash): (Label, _) = ("admin".parse().unwrap(), key.hash());
        futures_now(db.write(move |tx| keys::insert(tx, &name, &hash, Role::Admin, jiff::Timestamp::UNIX_EPOCH)))
            .unwrap();
        Shared {
            folder: folder.to_owned(),
            key: key.expose().to_owned(),
            token: Arc::default(),
            games: Arc::default(),
            agent_yaml,
            failures: Arc::default(),
            entropy,
        }
    }

    pub fn game(&self) -> Option<Game> {
        self.games.lock().unwrap().last().cloned()
    }

    fn failed(&self, who: &str, error: impl std::fmt::Display) {
        self.failures.lock().unwrap().push(format!("{who}: {error}"));
    }
}

/// A future that is ready at once: the database in place.
fn futures_now<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub async fn store(shared: Shared) -> Fallible {
    let text = format!("database: {}\n", shared.folder.join("store.db").display());
    let path = shared.folder.join("companion.yml");
    std::fs::write(&path, text)?;
    let config = StoreConfig::load(&path)?;
    let db = match Db::open_in_place(&config.database) {
        Ok(db) => db,
        Err(error) => {
            shared.failed(STORE, error);
            return Ok(());
        }
    };
    let listener = StoreListener(TcpListener::bind(("0.0.0.0", STORE_PORT)).await?);
    let resources = StoreResources { listener, db, clock: Arc::new(SimClock), entropy: shared.entropy.clone() };
    flux_companion::serve(config, resources, pending()).await;
    Ok(())
}

pub async fn game(shared: Shared) -> Fallible {
    let settings = Settings { world_file: Some(shared.folder.join("world.json")), ..Settings::new(RCON_PASSWORD) };
    let game = match Game::new(settings) {
        Ok(game) => game,
        Err(error) => {
            shared.failed(GAME, error);
            return Ok(());
        }
    };
    shared.games.lock().unwrap().push(game.clone());
    let listener = GameListener(TcpListener::bind(("0.0.0.0", RCON_PORT)).await?);
    game.serve(listener, pending()).await?;
    Ok(())
}

pub async fn agent(shared: Shared) -> Fallible {
    let token = loop {
        if let Some(token) = shared.token.lock().unwrap().clone() {
            break token;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let config = agent_config(&shared, &token);
    let timeouts = Timeouts::each(config.rcon.timeout);
    let clock = SimClock;
    let now = flux_ambient::Clock::now(&clock);
    let journal = match Journal::open(&config.state_dir, config.store.token.server_id(), &*shared.entropy, now) {
        Ok(journal) => journal,
        Err(error) => {
            shared.failed("agent", error);
            return Ok(());
        }
    };
    let rest =
        SimRest { token: config.store.token.expose().expose_secret().to_owned(), journal: journal.id().to_string() };
    let (_wishes, reloads) = tokio::sync::mpsc::channel(1);
    let resources = AgentResources {
        clock: Arc::new(clock),
        entropy: shared.entropy.clone(),
        journal,
        dialer: Arc::new(SimDialer),
        game: Arc::new(SimRcon { password: RCON_PASSWORD.into(), timeouts }),
        rest: Arc::new(rest),
        control: None,
        metrics: None,
        notifier: Notifier::from_process(),
        loader: Box::new(|| Err("nothing reloads here".into())),
        reloads,
    };
    if let Err(error) = flux_agent::run(LiveConfig::from(config), resources, pending()).await {
        shared.failed("agent", error);
    }
    Ok(())
}

fn agent_config(shared: &Shared, token: &str) -> AgentConfig {
    let path = shared.folder.join("agent.yml");
    let text = format!(
        "store:\n  url: http://{STORE}\npresence:\n  interval: 2s\n  join_delay: 1s\nrcon:\n  timeout: 10s\nstate_dir: {}\n{}",
        shared.folder.join("state").display(),
        shared.agent_yaml
    );
    std::fs::write(&path, text).unwrap();
    let secrets = [("FLUX_AGENT_TOKEN", token), ("FLUX_AGENT_RCON_PASSWORD", RCON_PASSWORD)];
    let sources = SecretSources::new(None, secrets.map(|(name, value)| (name.to_owned(), value.to_owned())));
    AgentConfig::load(&path, &sources, &Directories::default()).unwrap()
}
