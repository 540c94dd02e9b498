//! [`Game`]: a handle that RCON connections, tests and the control port share.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

use super::dialect::{Dialect, Flavour};
use super::faults::{Fault, Faults};
use super::limits::TICK_MILLISECONDS;
use super::log::ServerLog;
use super::save;
use super::world::{Effect, World};
use crate::Error;

/// How a game is set up.
#[derive(Clone)]
pub struct Settings {
    /// `rcon.password`.
    pub password: String,
    /// Where the world is kept; `None` for one that ends with the process.
    pub world_file: Option<PathBuf>,
    /// `max-players`.
    pub max_players: usize,
    /// Which server software it plays.
    pub flavour: Flavour,
    /// Whether EssentialsX (`list`, `eco`) and LuckPerms (`lp`) are there.
    pub plugins: bool,
    /// Whether a command that says nothing sends no packet either, as on Pumpkin.
    pub silent: bool,
    /// `logs/latest.log`; `None` for none.
    pub log_file: Option<PathBuf>,
}

impl Settings {
    /// A world in memory for 20 players.
    pub fn new(password: impl Into<String>) -> Self {
        Settings {
            password: password.into(),
            world_file: None,
            max_players: 20,
            flavour: Flavour::Vanilla,
            plugins: false,
            silent: false,
            log_file: None,
        }
    }
}

/// A running game. Clones are the same game.
#[derive(Clone)]
pub struct Game(Arc<Shared>);

struct Shared {
    password: String,
    world_file: Option<PathBuf>,
    world: Mutex<World>,
    /// Wakes those who wait for a state of the world.
    news: watch::Sender<()>,
    /// Whose turn it is to run a line. Tokio's mutex is first in, first out, as the game's queue is.
    main_thread: tokio::sync::Mutex<()>,
    faults: Faults,
    /// What the replies to all connections are written to, on a server that has one buffer for all.
    replies: Option<Mutex<String>>,
    silent: bool,
    /// The world as it was saved last.
    saved: Mutex<World>,
    /// A game time in ticks, and when it was that late.
    clock: Mutex<(u64, Instant)>,
    restarts: watch::Sender<()>,
    log: Option<ServerLog>,
}

/// What a line comes to.
pub(super) enum Handled {
    Reply(String),
    /// No packet at all.
    Silence,
    Garbage,
    Close,
}

impl Game {
    /// A game with the world of its file, or a new one. Its clock starts now.
    pub fn new(settings: Settings) -> Result<Game, Error> {
        if settings.password.is_empty() {
            return Err(Error::EmptyPassword);
        }
        let mut world = settings.world_file.as_deref().map(save::load).transpose()?.flatten().unwrap_or_default();
        world.set_up(settings.max_players, Dialect { flavour: settings.flavour, plugins: settings.plugins });
        let log = settings.log_file.as_deref().map(|path| ServerLog::open(path, settings.flavour)).transpose()?;
        Ok(Game(Arc::new(Shared {
            password: settings.password,
            world_file: settings.world_file,
            news: watch::Sender::new(()),
            main_thread: tokio::sync::Mutex::default(),
            faults: Faults::default(),
            replies: settings.flavour.shares_replies().then(Mutex::default),
            silent: settings.silent,
            saved: Mutex::new(world.clone()),
            clock: Mutex::new((world.gametime, Instant::now())),
            restarts: watch::Sender::new(()),
            log,
            world: Mutex::new(world),
        })))
    }

    /// The names of those online, in the order in which they joined.
    pub fn online(&self) -> Vec<String> {
        self.world(|world| world.online().to_vec())
    }

    /// Item ids (without `minecraft:`) and how many of each a player has, online or not.
    pub fn inventory(&self, name: &str) -> BTreeMap<String, u32> {
        self.world(|world| world.player(name).map(|player| player.inventory.clone()).unwrap_or_default())
    }

    /// Every line that took effect since this process started, in order.
    pub fn effects(&self) -> Vec<Effect> {
        self.world(|world| world.effects().cloned().collect())
    }

    /// The same after so many of them.
    pub fn effects_after(&self, count: usize) -> Vec<Effect> {
        self.world(|world| world.effects().skip(count).cloned().collect())
    }

    /// Every line received since this process started, in order.
    pub fn lines(&self) -> Vec<String> {
        self.world(|world| world.lines().map(str::to_owned).collect())
    }

    /// Looks at the world. Nothing else happens in the game meanwhile, so look quickly.
    pub fn world<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.lock())
    }

    /// Waits until the world is as `condition` wants it.
    pub async fn until(&self, condition: impl Fn(&World) -> bool) {
        let mut news = self.0.news.subscribe();
        // News ends only when the sender is gone, and we hold it.
        while !self.world(&condition) && news.changed().await.is_ok() {}
    }

    /// The faults to come.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// Takes a line from a logged-in client and runs it in its turn.
    pub(super) async fn handle(&self, line: &str) -> Result<Handled, Error> {
        self.change(|world| world.receive(line))?;
        let fault = self.0.faults.take(line);
        if fault == Some(Fault::CloseBeforeRunning) {
            return Ok(Handled::Close);
        }
        // Emptied by the connection's thread, filled by the main thread: with one buffer for all, replies mix.
        if let Some(replies) = &self.0.replies {
            locked(replies).clear();
        }
        let turn = self.0.main_thread.lock().await;
        if let Some(Fault::Delay(duration)) = fault {
            sleep(duration).await;
        }
        let mut reply = self.run(line)?;
        if let Some(replies) = &self.0.replies {
            locked(replies).push_str(&reply);
        }
        drop(turn);
        if let Some(replies) = &self.0.replies {
            yield_now().await;
            reply.clone_from(&locked(replies));
        }
        tracing::info!(rcon.line = line, rcon.reply = reply, "line executed");
        Ok(match fault {
            Some(Fault::LoseReplyAfterRunning) => Handled::Close,
            Some(Fault::Garbage) => Handled::Garbage,
            _ if self.0.silent && reply.is_empty() => Handled::Silence,
            _ => Handled::Reply(reply),
        })
    }

    pub(super) fn is_password(&self, text: &str) -> bool {
        self.0.password == text
    }

    /// Whether `stop` has run since the last start.
    pub(super) fn is_stopping(&self) -> bool {
        self.world(|world| world.stopping)
    }

    pub(super) fn start(&self) {
        self.lock().stopping = false;
    }

    /// The game's clock, at 20 ticks a second.
    pub fn ticks(&self) -> u64 {
        let (ticks, then) = *locked(&self.0.clock);
        ticks + then.elapsed().as_millis() as u64 / TICK_MILLISECONDS
    }

    pub(super) fn set_clock(&self, ticks: u64, now: Instant) {
        *locked(&self.0.clock) = (ticks, now);
    }

    pub(super) fn saved(&self) -> World {
        locked(&self.0.saved).clone()
    }

    pub(super) fn set_saved(&self, world: World) {
        *locked(&self.0.saved) = world;
    }

    /// Changes when the server restarts.
    pub(super) fn restarts(&self) -> watch::Receiver<()> {
        self.0.restarts.subscribe()
    }

    pub(super) fn break_connections(&self) {
        self.0.restarts.send_replace(());
    }

    pub(super) fn log(&self, write: impl FnOnce(&ServerLog) -> std::io::Result<()>) -> Result<(), Error> {
        Ok(self.0.log.as_ref().map_or(Ok(()), write)?)
    }

    fn run(&self, line: &str) -> Result<String, Error> {
        let ticks = self.ticks();
        let (reply, told) = self.change(|world| {
            let before = world.effects_total();
            let reply = world.run(line, ticks);
            // What ops are told of an RCON client's success; a plugin tells it itself, and ends its texts with a newline.
            let told = world.effects_total() > before && !reply.is_empty() && !reply.ends_with('\n');
            (reply, told)
        })?;
        if told {
            self.log(|log| log.say(&format!("[Rcon: {reply}]")))?;
        }
        Ok(reply)
    }

    /// Changes the world and saves it, as one step that nobody sees half of.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> Result<T, Error> {
        let mut world = self.lock();
        let before = world.revision();
        let result = change(&mut world);
        if let Some(path) = self.0.world_file.as_deref().filter(|_| world.revision() != before) {
            save::store(path, &world)?;
        }
        self.0.news.send_replace(());
        Ok(result)
    }

    /// A lock and not a task: nothing in here waits, but for the world file, which is meant to hold up everybody.
    fn lock(&self) -> MutexGuard<'_, World> {
        locked(&self.0.world)
    }
}

/// Nothing under these locks is ever half changed, so a panic elsewhere does no harm.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn answer(game: &Game, line: &str) -> String {
        match game.handle(line).await.unwrap() {
            Handled::Reply(text) => text,
            _ => panic!("no reply to {line}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn clock_runs_20_ticks_a_second_across_restarts() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { world_file: Some(folder.path().join("world.json")), ..Settings::new("secret") };
        let game = Game::new(settings.clone()).unwrap();
        assert_eq!(answer(&game, "time query gametime").await, "The time is 0");
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(answer(&game, "time query gametime").await, "The time is 100");
        answer(&game, "say saved now").await;
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(answer(&Game::new(settings).unwrap(), "time query gametime").await, "The time is 100");
    }

    #[tokio::test(start_paused = true)]
    async fn lines_wait_their_turn_behind_a_delayed_one() {
        let game = Game::new(Settings::new("secret")).unwrap();
        game.faults().on("first", 1, Fault::Delay(Duration::from_secs(60)));
        let (_, second) = tokio::join!(answer(&game, "say first"), answer(&game, "time query gametime"));
        assert_eq!(second, "The time is 1200");
    }
}
