use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::faults::{Fault, Faults};
use super::limits::TICK_MILLISECONDS;
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
}

impl Settings {
    /// A world in memory for 20 players.
    pub fn new(password: impl Into<String>) -> Self {
        Settings { password: password.into(), world_file: None, max_players: 20 }
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
    started: Instant,
    gametime_at_start: u64,
}

/// What a line comes to.
pub(super) enum Handled {
    Reply(String),
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
        world.set_max_players(settings.max_players);
        Ok(Game(Arc::new(Shared {
            password: settings.password,
            world_file: settings.world_file,
            gametime_at_start: world.gametime(),
            world: Mutex::new(world),
            news: watch::Sender::new(()),
            main_thread: tokio::sync::Mutex::default(),
            faults: Faults::default(),
            started: Instant::now(),
        })))
    }

    /// Logs a player in, with what the world remembers of them. Nothing happens when they are online.
    pub fn join(&self, name: &str) -> Result<(), Error> {
        self.change(|world| world.join(name))?
    }

    /// Logs a player out.
    pub fn leave(&self, name: &str) -> Result<(), Error> {
        self.change(|world| world.leave(name))?
    }

    /// Kills a player: what they carry is lost, and what is given to them before they respawn.
    pub fn die(&self, name: &str) -> Result<(), Error> {
        self.change(|world| world.die(name))?
    }

    /// Brings a dead player back.
    pub fn respawn(&self, name: &str) -> Result<(), Error> {
        self.change(|world| world.respawn(name))?
    }

    /// Empties the inventory of a player, as one does who puts everything into a chest.
    pub fn clear(&self, name: &str) -> Result<(), Error> {
        self.change(|world| world.clear(name))?
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
        let turn = self.0.main_thread.lock().await;
        if let Some(Fault::Delay(duration)) = fault {
            sleep(duration).await;
        }
        let reply = self.run(line)?;
        drop(turn);
        tracing::info!(rcon.line = line, rcon.reply = reply, "line executed");
        Ok(match fault {
            Some(Fault::LoseReplyAfterRunning) => Handled::Close,
            Some(Fault::Garbage) => Handled::Garbage,
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

    fn run(&self, line: &str) -> Result<String, Error> {
        let ticks = self.0.started.elapsed().as_millis() as u64 / TICK_MILLISECONDS;
        self.change(|world| world.run(line, self.0.gametime_at_start + ticks))
    }

    /// Changes the world and saves it, as one step that nobody sees half of.
    fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> Result<T, Error> {
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
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    async fn the_clock_runs_at_twenty_ticks_a_second_and_goes_on_after_a_restart() {
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
