//! Everything that happens in the game without RCON: players come and go, the server saves and restarts.

use tokio::time::Instant;

use super::handle::Game;
use crate::Error;

/// The part of the changes since the last save that a restart keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Everything: the server was stopped cleanly.
    Clean,
    /// Nothing: it crashed, and the world is as of the last save, inventories and markers alike.
    RolledBack,
    /// The players' items, which are in files of their own, but not the storages and the clock: it crashed after the players were saved.
    MarksRolledBack,
}

impl Game {
    /// Logs a player in with their stored state. Does nothing if they are online.
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

    /// Kills a player: they lose their items, and everything given to them before they respawn.
    pub fn die(&self, name: &str) -> Result<(), Error> {
        self.change(|world| world.die(name))?
    }

    /// Respawns a dead player.
    pub fn respawn(&self, name: &str) -> Result<(), Error> {
        self.change(|world| world.respawn(name))?
    }

    /// Empties a player's inventory, as if they put everything into a chest.
    pub fn clear(&self, name: &str) -> Result<(), Error> {
        self.change(|world| world.clear(name))?
    }

    /// Writes a player's chat message to the log.
    pub fn chat(&self, name: &str, text: &str) -> Result<(), Error> {
        self.log(|log| log.say(&format!("<{name}> {text}")))
    }

    /// Writes any line to the log, as a chat plugin can be made to do.
    pub fn log_line(&self, text: &str) -> Result<(), Error> {
        self.log(|log| log.say(text))
    }

    /// Rotates the log as at midnight.
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

    /// Restarts the server at once: all connections break, waiting lines never run, and nobody is online.
    pub fn restart(&self, kind: Restart) -> Result<(), Error> {
        if kind == Restart::Clean {
            self.log(|log| log.stopped())?;
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
