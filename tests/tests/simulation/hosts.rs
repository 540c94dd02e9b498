//! The three programs as hosts: each start opens the files that the last run left on disk.

use crate::machine::SimClock;
use crate::net::{
    AGENT, CONTROL_PORT, GAME, GameListener, RCON_PORT, STORE, STORE_PORT, SimControl, SimRcon, StoreListener,
};
use crate::proxy::{Proxy, SimDialer, SimRest};
use crate::random::Seeded;
use flux_agent::Resources as AgentResources;
use flux_agent::config::{Config as AgentConfig, Directories, LiveConfig, SecretSources};
use flux_agent::journal::Journal;
use flux_companion::config::Config as StoreConfig;
use flux_companion::{KeySecret, Resources as StoreResources};
use flux_platform::SystemdNotifier;
use flux_rcon::Timeouts;
use flux_shop::{Label, Role};
use flux_storage::{Db, keys};
use flux_testkit::game::{Flavour, Game, Restart, Settings};
use std::future::pending;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use turmoil::net::TcpListener;

pub const RCON_PASSWORD: &str = "simulated-Rq8vT";

type Fallible = Result<(), Box<dyn std::error::Error>>;

/// The state that all hosts and the scenario share.
#[derive(Clone)]
pub struct Shared {
    /// The folder of all files.
    pub folder: PathBuf,
    /// The admin key, created before any host starts.
    pub key: String,
    /// The server's token, after the storefront has added the server.
    pub token: Arc<Mutex<Option<String>>>,
    /// Every game of this world, in order; the last one is the current one.
    pub games: Arc<Mutex<Vec<Game>>>,
    /// More YAML for the agent's config.
    pub agent_yaml: &'static str,
    /// The machines' clocks.
    pub clocks: Clocks,
    /// A second machine may run an agent with the same token. Not with `on_uncertain: retry`, where it would repeat uncertain lines.
    pub may_have_second_agent: bool,
    /// A second machine runs an agent with the same token.
    pub has_second_agent: Arc<AtomicBool>,
    /// The next actions of the game. They run on its own host, whose time its clock follows.
    pub game_acts: Arc<Mutex<Vec<Act>>>,
    /// The proxy between the agent and the store.
    pub proxy: Arc<Proxy>,
    /// Commits fail.
    pub is_a_disk_full: Arc<AtomicBool>,
    /// Makes the running agent read its token again.
    pub reload: Arc<Mutex<Option<mpsc::Sender<()>>>>,
    /// The most tasks that the agent and the store have had at a time.
    pub most_tasks: [Arc<AtomicUsize>; 2],
    /// The errors of programs that could not start.
    pub failures: Arc<Mutex<Vec<String>>>,
    entropy: Arc<Seeded>,
}

/// A change of the world without RCON.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    Save,
    Restart(Restart),
}

/// The clocks of the store's machine and of the agent's; the second agent uses the agent's.
#[derive(Debug, Clone, Default)]
pub struct Clocks {
    pub store: SimClock,
    pub agent: SimClock,
}

impl Shared {
    pub fn new(folder: &Path, seed: u64, agent_yaml: &'static str) -> Shared {
        let entropy = Arc::new(Seeded::new(seed ^ 0xE47));
        let key = KeySecret::draw(&*entropy);
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
            clocks: Clocks::default(),
            may_have_second_agent: Seeded::new(seed ^ 0x7717).once_in(4) && !agent_yaml.contains("retry"),
            has_second_agent: Arc::default(),
            game_acts: Arc::default(),
            proxy: Arc::default(),
            is_a_disk_full: Arc::default(),
            reload: Arc::default(),
            most_tasks: Default::default(),
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

/// Opens a program's file again and again while the disk is full, as systemd would restart the program.
async fn started<T, E: std::fmt::Display>(shared: &Shared, who: &str, open: impl Fn() -> Result<T, E>) -> T {
    loop {
        match open() {
            Ok(opened) => return opened,
            Err(_) if shared.is_a_disk_full.load(Ordering::SeqCst) => tokio::time::sleep(Duration::from_secs(5)).await,
            Err(error) => {
                shared.failed(who, error);
                pending::<()>().await;
            }
        }
    }
}

/// Records the most tasks of this host's program.
fn count_tasks(most: &Arc<AtomicUsize>) {
    let most = most.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            most.fetch_max(tokio::runtime::Handle::current().metrics().num_alive_tasks(), Ordering::SeqCst);
        }
    });
}

/// Runs a future that is ready at once, such as a write to the in-place database.
fn futures_now<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub async fn store(shared: Shared) -> Fallible {
    let text = format!("database: {}\n", shared.folder.join("store.db").display());
    let path = shared.folder.join("companion.yml");
    std::fs::write(&path, text)?;
    let config = StoreConfig::load(&path)?;
    let db = started(&shared, STORE, || Db::open_in_place(&config.database)).await;
    let listener = StoreListener(TcpListener::bind(("0.0.0.0", STORE_PORT)).await?);
    let resources = StoreResources {
        listener,
        metrics: None,
        db,
        clock: Arc::new(shared.clocks.store.clone()),
        entropy: shared.entropy.clone(),
    };
    count_tasks(&shared.most_tasks[1]);
    flux_companion::serve(config, resources, pending()).await;
    Ok(())
}

pub async fn game(shared: Shared) -> Fallible {
    // A vanilla server mixes the replies of two connections, so two agents need a server that keeps them apart.
    let flavour = if shared.may_have_second_agent { Flavour::Paper } else { Flavour::Vanilla };
    let world_file = Some(shared.folder.join("world.json"));
    let settings = Settings { world_file, flavour, ..Settings::new(RCON_PASSWORD) };
    let game = match Game::new(settings) {
        Ok(game) => game,
        Err(error) => {
            shared.failed(GAME, error);
            return Ok(());
        }
    };
    shared.games.lock().unwrap().push(game.clone());
    let listener = GameListener(TcpListener::bind(("0.0.0.0", RCON_PORT)).await?);
    tokio::select! { biased;
        served = game.serve(listener, pending()) => Ok(served?),
        () = act(&shared, &game) => Ok(()),
    }
}

pub async fn agent(shared: Shared) -> Fallible {
    run_agent(shared, "state").await
}

async fn act(shared: &Shared, game: &Game) {
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        for act in std::mem::take(&mut *shared.game_acts.lock().unwrap()) {
            let done = match act {
                Act::Save => game.save(),
                Act::Restart(kind) => game.restart(kind),
            };
            done.unwrap();
        }
    }
}

/// A second machine with the same token, as a copied installation has; its journal is its own.
pub async fn second_agent(shared: Shared) -> Fallible {
    while !shared.has_second_agent.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    run_agent(shared, "second-agent").await
}

async fn run_agent(shared: Shared, state_dir: &'static str) -> Fallible {
    while shared.token.lock().unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Set before the token is read, so that a change in between triggers another reading.
    let (requests, reloads) = mpsc::channel(1);
    if state_dir == "state" {
        *shared.reload.lock().unwrap() = Some(requests);
    }
    let load = {
        let shared = shared.clone();
        move || agent_config(&shared, state_dir)
    };
    let live = LiveConfig::from(load());
    let config = live.get();
    let timeouts = Timeouts::each(config.rcon.timeout);
    let clock = shared.clocks.agent.clone();
    let now = flux_platform::Clock::now(&clock);
    let open = || Journal::open(&config.state_dir, config.store.token.server_id(), &*shared.entropy, now);
    let journal = started(&shared, AGENT, open).await;
    let rest = SimRest { config: live.clone(), journal: journal.id().to_string(), proxy: shared.proxy.clone() };
    let control = SimControl(TcpListener::bind(("0.0.0.0", CONTROL_PORT)).await?);
    let resources = AgentResources {
        clock: Arc::new(clock),
        entropy: shared.entropy.clone(),
        journal,
        dialer: Arc::new(SimDialer(shared.proxy.clone())),
        game: Arc::new(SimRcon { password: RCON_PASSWORD.into(), timeouts }),
        rest: Arc::new(rest),
        control: Some(Box::new(control)),
        metrics: None,
        notifier: SystemdNotifier::from_process(),
        loader: Box::new(move || Ok(load())),
        reloads,
    };
    count_tasks(&shared.most_tasks[0]);
    if let Err(error) = flux_agent::run(live, resources, pending()).await {
        shared.failed(AGENT, error);
    }
    Ok(())
}

pub fn agent_config(shared: &Shared, state_dir: &str) -> AgentConfig {
    let path = shared.folder.join(format!("{state_dir}.yml"));
    let text = format!(
        "store:\n  url: http://{STORE}\npresence:\n  interval: 2s\n  join_delay: 1s\nrcon:\n  timeout: 10s\nstate_dir: {}\n{}",
        shared.folder.join(state_dir).display(),
        shared.agent_yaml
    );
    std::fs::write(&path, text).unwrap();
    let token = shared.token.lock().unwrap().clone().unwrap();
    let secrets = [("FLUX_AGENT_TOKEN", token.as_str()), ("FLUX_AGENT_RCON_PASSWORD", RCON_PASSWORD)];
    let sources = SecretSources::new(None, secrets.map(|(name, value)| (name.to_owned(), value.to_owned())));
    AgentConfig::load(&path, &sources, &Directories::default()).unwrap()
}
