//! What happens in the game without RCON: players come and go, the server saves and restarts.

use tokio::time::Instant;

use super::handle::Game;
use crate::Error;

/// What a restart leaves of what happened since the last save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Everything: the server was stopped in order.
    Clean,
    /// Nothing: it crashed, and the world is as it was saved last, inventories and marks alike.
    RolledBack,
    /// The players' things, which are in files of their own, but not the storages and the clock: it crashed after the players were saved.
    MarksRolledBack,
}

impl Game {
    /// Logs a player in, with what the world remembers of them. Nothing happens when they are online.
    pub fn join(&self, name: &str) -> Result<(), Error> {
        if self.change(|world| world.join(name))?? {
            self.log(|log| log.joined(name))?;
        }
        Ok(())
    }

    /// Logs a player out.
    pub fn leave(&self, name: &str) -> Result<(), Error> {
        self.change(|world| world.leave(name))??;
        self.log(|log| log.left(name))
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

    /// A player says something; only the log hears it.
    pub fn chat(&self, name: &str, text: &str) -> Result<(), Error> {
        self.log(|log| log.say(&format!("<{name}> {text}")))
    }

    /// Any line in the log: what a chat plugin can be made to write.
    pub fn log_line(&self, text: &str) -> Result<(), Error> {
        self.log(|log| log.say(text))
    }

    /// Midnight in the log.
    pub fn rotate_log(&self) -> Result<(), Error> {
        self.log(|log| log.rotate())
    }

    /// Saves the world, as a server does every five minutes.
    pub fn save(&self) -> Result<(), Error> {
        let ticks = self.ticks();
        let world = self.change(|world| {
            world.gametime = ticks;
            world.clone()
        })?;
        self.set_saved(world);
        Ok(())
    }

    /// Restarts the server in no time: all connections break, a line that is waiting never runs, nobody is online.
    pub fn restart(&self, kind: Restart) -> Result<(), Error> {
        if kind == Restart::Clean {
            self.log(|log| log.say("Stopping server"))?;
            self.save()?;
        }
        let saved = self.saved();
        let gametime = self.change(|world| {
            world.restart(&saved, kind);
            world.gametime
        })?;
        self.set_clock(gametime, Instant::now());
        self.break_connections();
        self.log(|log| log.rotate())?;
        self.log(|log| log.started())
    }
}
