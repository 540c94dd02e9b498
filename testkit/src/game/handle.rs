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

/// The settings of a game.
#[derive(Clone)]
pub struct Settings {
    /// `rcon.password`.
    pub password: String,
    /// The world file; `None` for a world that ends with the process.
    pub world_file: Option<PathBuf>,
    /// `max-players`.
    pub max_players: usize,
    /// The server software to imitate.
    pub flavour: Flavour,
    /// EssentialsX (`list`, `eco`) and LuckPerms (`lp`) are installed.
    pub plugins: bool,
    /// A command without output sends no packet either, as on Pumpkin.
    pub silent: bool,
    /// Path of `logs/latest.log`; `None` for no log.
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
    /// Wakes tasks that wait for a state of the world.
    news: watch::Sender<()>,
    /// Held while a line runs. Tokio's mutex is first in, first out, as the game's queue is.
    main_thread: tokio::sync::Mutex<()>,
    faults: Faults,
    /// The buffer for the replies to all connections, on a server that has only one.
    replies: Option<Mutex<String>>,
    silent: bool,
    flavour: Flavour,
    /// The world as of the last save.
    saved: Mutex<World>,
    /// A game time in ticks, and the moment at which it was reached.
    clock: Mutex<(u64, Instant)>,
    restarts: watch::Sender<()>,
    log: Option<ServerLog>,
}

/// The result of a line.
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
            silent: settings.silent || settings.flavour.has("silent"),
            flavour: settings.flavour,
            saved: Mutex::new(world.clone()),
            clock: Mutex::new((world.gametime, Instant::now())),
            restarts: watch::Sender::new(()),
            log,
            world: Mutex::new(world),
        })))
    }

    /// Names of the online players, in the order in which they joined.
    pub fn online(&self) -> Vec<String> {
        self.world(|world| world.online().to_vec())
    }

    /// A player's items, online or not: ids (without `minecraft:`) and counts.
    pub fn inventory(&self, name: &str) -> BTreeMap<String, u32> {
        self.world(|world| world.player(name).map(|player| player.inventory.clone()).unwrap_or_default())
    }

    /// Every line that took effect since this process started, in order.
    pub fn effects(&self) -> Vec<Effect> {
        self.world(|world| world.effects().cloned().collect())
    }

    /// The same, without the first `count` of them.
    pub fn effects_after(&self, count: usize) -> Vec<Effect> {
        self.world(|world| world.effects().skip(count).cloned().collect())
    }

    /// Every line received since this process started, in order.
    pub fn lines(&self) -> Vec<String> {
        self.world(|world| world.lines().map(str::to_owned).collect())
    }

    /// Reads the world. The game stands still meanwhile, so `look` must be quick.
    pub fn world<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.lock())
    }

    /// Waits until the world satisfies `condition`.
    pub async fn until(&self, condition: impl Fn(&World) -> bool) {
        let mut news = self.0.news.subscribe();
        // The channel closes only when the sender is dropped, and `self` holds the sender.
        while !self.world(&condition) && news.changed().await.is_ok() {}
    }

    /// The planned faults.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// Takes a line from a logged-in client and runs it after all earlier ones.
    pub(super) async fn handle(&self, line: &str) -> Result<Handled, Error> {
        self.change(|world| world.receive(line))?;
        let fault = self.0.faults.take(line);
        if fault == Some(Fault::CloseBeforeRunning) {
            return Ok(Handled::Close);
        }
        // The connection's thread empties the buffer and the main thread fills it: with one buffer for all connections, replies mix.
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

    /// The server software that it plays.
    pub(super) fn flavour(&self) -> Flavour {
        self.0.flavour
    }

    pub(super) fn is_password(&self, text: &str) -> bool {
        self.0.password == text
    }

    /// Returns `true` if `stop` has run since the last start.
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
        let (reply, is_announced) = self.change(|world| {
            let before = world.effects_total();
            let reply = world.run(line, ticks);
            // The message to operators about an RCON client's success. A plugin sends it itself, and ends its texts with a newline.
            let is_announced = world.effects_total() > before && !reply.is_empty() && !reply.ends_with('\n');
            (reply, is_announced)
        })?;
        if is_announced {
            self.log(|log| log.say(&format!("[Rcon: {reply}]")))?;
        }
        Ok(reply)
    }

    /// Changes the world and saves it in one step, so that no reader sees half of it.
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

    /// Takes the lock. It is not a task: nothing in here waits except for the world file, which must block everything.
    fn lock(&self) -> MutexGuard<'_, World> {
        locked(&self.0.world)
    }
}

/// No change under these locks is left half done, so a panic in another thread does no harm.
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
    async fn lines_wait_behind_a_delayed_one() {
        let game = Game::new(Settings::new("secret")).unwrap();
        game.faults().on("first", 1, Fault::Delay(Duration::from_secs(60)));
        let (_, second) = tokio::join!(answer(&game, "say first"), answer(&game, "time query gametime"));
        assert_eq!(second, "The time is 1200");
    }
}
