//! [`World`]: the whole state of the game. It has no clock and does no I/O.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::dialect::Dialect;
use super::life::Restart;
use super::limits::{NAME_CHARACTERS, REMEMBERED};
use super::player::Player;
use crate::Error;

/// A line that changed something for the players.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// The command that ran, without a leading slash and without an `execute store … run` around it.
    pub line: String,
    /// The players it hit, in the order in which they joined; empty when it was for the server.
    pub players: Vec<String>,
}

/// The whole state: the players, their items, and the results of RCON lines.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct World {
    pub(super) players: BTreeMap<String, Player>,
    pub(super) online: Vec<String>,
    pub(super) operators: BTreeSet<String>,
    /// Command storage: id, then key, then a byte.
    pub(super) storage: BTreeMap<String, BTreeMap<String, i8>>,
    /// The clock in ticks, as of the last line that ran.
    pub(super) gametime: u64,
    effects_total: u64,
    revision: u64,
    #[serde(skip)]
    pub(super) max_players: usize,
    #[serde(skip)]
    pub(super) dialect: Dialect,
    #[serde(skip)]
    pub(super) stopping: bool,
    #[serde(skip)]
    effects: VecDeque<Effect>,
    #[serde(skip)]
    lines: VecDeque<String>,
    #[serde(skip)]
    lines_total: u64,
}

impl World {
    /// Names of the online players, in the order in which they joined.
    pub fn online(&self) -> &[String] {
        &self.online
    }

    /// The stored state of the player with exactly this name.
    pub fn player(&self, name: &str) -> Option<&Player> {
        self.players.get(name)
    }

    /// Names of the operators.
    pub fn operators(&self) -> &BTreeSet<String> {
        &self.operators
    }

    /// The byte under a key of a command storage such as `flux:proof`.
    pub fn stored(&self, storage: &str, key: &str) -> Option<i8> {
        self.storage.get(storage)?.get(key).copied()
    }

    /// The lines that took effect since the process started: `give`, `experience`, `tag`, `op`, `say` and `stop`, not the bookkeeping in storages.
    pub fn effects(&self) -> impl Iterator<Item = &Effect> {
        self.effects.iter()
    }

    /// Number of lines that took effect since the world began, restarts included.
    pub fn effects_total(&self) -> u64 {
        self.effects_total
    }

    /// The lines received from logged-in clients since the process started, whether they ran or not.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| &**line)
    }

    /// Number of lines received since the process started.
    pub fn lines_total(&self) -> u64 {
        self.lines_total
    }

    pub(super) fn set_up(&mut self, max_players: usize, dialect: Dialect) {
        self.max_players = max_players;
        self.dialect = dialect;
    }

    /// Takes all players offline. The record of effects stays, even of those that the world no longer shows.
    pub(super) fn restart(&mut self, saved: &World, kind: Restart) {
        self.online.clear();
        self.stopping = false;
        if kind != Restart::Clean {
            self.storage.clone_from(&saved.storage);
            self.gametime = saved.gametime;
        }
        if kind == Restart::RolledBack {
            self.players.clone_from(&saved.players);
            self.operators.clone_from(&saved.operators);
        }
        self.touch();
    }

    /// Grows with every change that must be saved.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// Returns `false` if the player was online already.
    pub(super) fn join(&mut self, name: &str) -> Result<bool, Error> {
        if !(1..=NAME_CHARACTERS).contains(&name.len()) || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Name(name.to_owned()));
        }
        if self.online.iter().any(|online| online == name) {
            return Ok(false);
        }
        if self.online.len() >= self.max_players {
            return Err(Error::Full(self.max_players));
        }
        self.online.push(name.to_owned());
        self.players.entry(name.to_owned()).or_default();
        self.touch();
        Ok(true)
    }

    pub(super) fn leave(&mut self, name: &str) -> Result<(), Error> {
        self.online_player(name)?;
        self.online.retain(|online| online != name);
        Ok(())
    }

    pub(super) fn die(&mut self, name: &str) -> Result<(), Error> {
        let player = self.online_player(name)?;
        player.dead = true;
        player.inventory.clear();
        Ok(())
    }

    pub(super) fn respawn(&mut self, name: &str) -> Result<(), Error> {
        self.online_player(name)?.dead = false;
        Ok(())
    }

    pub(super) fn clear(&mut self, name: &str) -> Result<(), Error> {
        self.online_player(name)?.inventory.clear();
        Ok(())
    }

    pub(super) fn receive(&mut self, line: &str) {
        self.lines_total += 1;
        remember(&mut self.lines, line.to_owned());
    }

    pub(super) fn took_effect(&mut self, line: &str, players: Vec<String>) {
        self.effects_total += 1;
        remember(&mut self.effects, Effect { line: line.to_owned(), players });
        self.touch();
    }

    pub(super) fn touch(&mut self) {
        self.revision += 1;
    }

    /// A player, for changes.
    fn online_player(&mut self, name: &str) -> Result<&mut Player, Error> {
        if !self.online.iter().any(|online| online == name) {
            return Err(Error::NotOnline(name.to_owned()));
        }
        self.touch();
        self.players.get_mut(name).ok_or_else(|| Error::NotOnline(name.to_owned()))
    }
}

fn remember<T>(list: &mut VecDeque<T>, entry: T) {
    if list.len() == REMEMBERED {
        list.pop_front();
    }
    list.push_back(entry);
}
