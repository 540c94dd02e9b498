//! Executes parsed commands on the [`World`] and returns the texts of vanilla.

use super::command::{Action, Command, Experience, Target};
use super::items;
use super::limits::TAGS;
use super::parse::parse;
use super::player::{Player, offline_uuid};
use super::world::World;

/// The answer to `seed`; no world is built from it.
const SEED: i64 = 20_260_704;
const NO_PLAYER: &str = "No player was found";
const NO_ENTITY: &str = "No entity was found";
const NOTHING_CHANGED: &str = "Nothing changed. The specified properties already have these values";

/// The text of a command, and whether `execute store success` counts it as a success.
struct Feedback {
    text: String,
    success: bool,
}

fn success(text: impl Into<String>) -> Feedback {
    Feedback { text: text.into(), success: true }
}

fn failure(text: impl Into<String>) -> Feedback {
    Feedback { text: text.into(), success: false }
}

impl World {
    /// Runs one line at a game time in ticks, and returns the text that RCON would send back.
    pub(super) fn run(&mut self, line: &str, gametime: u64) -> String {
        self.gametime = gametime;
        let line = line.strip_prefix('/').filter(|_| self.dialect.flavour.has("slash")).unwrap_or(line);
        if self.dialect.ignores_blank_lines() && line.trim().is_empty() {
            return String::new();
        }
        match parse(line, self.dialect) {
            Ok(command) => self.execute(&command).text,
            Err(error) => error.text(self.dialect),
        }
    }

    fn execute(&mut self, command: &Command) -> Feedback {
        let line = &*command.text;
        match &command.action {
            Action::List { uuids } => success(self.list(*uuids)),
            Action::Say => self.announce(line, ""),
            Action::Give { to, item, count } => self.give(line, to, item, *count),
            Action::AddExperience { to, amount, unit } => self.add_experience(line, to, *amount, *unit),
            Action::AddTag { to, tag } => self.add_tag(line, to, tag),
            Action::Op { player } => self.op(line, player),
            Action::TestEntity(target) => match self.find(target).len() {
                0 => failure(self.text("living-failed", &[])),
                count => success(self.text("living-passed", &[&count.to_string()])),
            },
            Action::GetInventory(target) => self.get_inventory(target),
            Action::GetStored { storage, key } => self.get_stored(storage, key.as_deref()),
            Action::RemoveStored { storage, key } => self.remove_stored(storage, key),
            Action::StoreSuccess { storage, key, scale, run } => {
                let feedback = self.execute(run);
                self.store(storage, key, f64::from(u8::from(feedback.success)) * scale);
                feedback
            }
            Action::QueryGametime => success(self.text("gametime", &[&self.gametime.to_string()])),
            Action::ListByGroup => success(self.list_by_group()),
            Action::GiveMoney { player, amount } => success(self.give_money(line, player, *amount)),
            Action::AddGroup { player, group } => success(self.add_group(line, player, group)),
            Action::GiveKit { kit, player } => success(self.give_kit(line, kit, player)),
            Action::Seed => success(format!("Seed: [{SEED}]")),
            Action::Stop => {
                self.stopping = true;
                self.announce(line, "Stopping the server")
            }
        }
    }

    fn list(&self, uuids: bool) -> String {
        let show = |name: &String| if uuids { format!("{name} ({})", offline_uuid(name)) } else { name.clone() };
        let names: Vec<String> = self.online.iter().map(show).collect();
        if names.is_empty() && self.dialect.flavour.entry("list-nobody").is_some() {
            return self.text("list-nobody", &[]);
        }
        self.text("list", &[&names.len().to_string(), &self.max_players.to_string(), &names.join(", ")])
    }

    fn text(&self, key: &str, values: &[&str]) -> String {
        self.dialect.flavour.text(key, values)
    }

    fn give(&mut self, line: &str, to: &Target, item: &str, count: u32) -> Feedback {
        let most = items::most_at_once(item);
        if count > most {
            return failure(self.text("give-too-many", &[&most.to_string(), &items::display(item)]));
        }
        let flavour = self.dialect.flavour;
        let nobody = flavour.text("give-nobody", &[&to.to_string()]);
        let names = self.change_players(to, |player| player.receive(item, count));
        let text = |whom: &str| flavour.text("give", &[&count.to_string(), &items::display(item), whom]);
        self.feedback(line, names, &nobody, text, "players")
    }

    fn add_experience(&mut self, line: &str, to: &Target, amount: i32, unit: Experience) -> Feedback {
        let names = self.change_players(to, |player| match unit {
            Experience::Points => player.points += i64::from(amount),
            Experience::Levels => player.levels += i64::from(amount),
        });
        let unit = if unit == Experience::Levels { "levels" } else { "points" };
        self.feedback(line, names, NO_PLAYER, |whom| format!("Gave {amount} experience {unit} to {whom}"), "players")
    }

    fn add_tag(&mut self, line: &str, to: &Target, tag: &str) -> Feedback {
        let mut changed = false;
        let names =
            self.change_players(to, |player| changed |= player.tags.len() < TAGS && player.tags.insert(tag.to_owned()));
        if !changed && !names.is_empty() {
            return failure("Target either already has the tag or has too many tags");
        }
        self.feedback(line, names, NO_ENTITY, |whom| format!("Added tag '{tag}' to {whom}"), "entities")
    }

    /// In offline mode everybody has a profile, online or not.
    fn op(&mut self, line: &str, player: &str) -> Feedback {
        let name = self
            .online
            .iter()
            .find(|online| online.eq_ignore_ascii_case(player))
            .map_or(player, |online| online)
            .to_owned();
        if !self.operators.insert(name.clone()) {
            return failure("Nothing changed. The player already is an operator");
        }
        let text = format!("Made {name} a server operator");
        self.took_effect(line, vec![name]);
        success(text)
    }

    fn get_inventory(&self, target: &Target) -> Feedback {
        let found = self.find(target);
        match found.first().and_then(|name| Some((name, self.player(name)?))) {
            Some((name, player)) => success(format!(
                "{name} has the following entity data: {}",
                player.inventory_snbt(self.dialect.flavour)
            )),
            None => failure(NO_ENTITY),
        }
    }

    fn get_stored(&self, storage: &str, key: Option<&str>) -> Feedback {
        let contents = match key {
            None => {
                let entries = self.storage.get(storage).into_iter().flatten();
                format!("{{{}}}", entries.map(|(key, value)| format!("{key}: {value}b")).collect::<Vec<_>>().join(", "))
            }
            Some(key) => match self.stored(storage, key) {
                Some(value) => format!("{value}b"),
                None => return failure(format!("Found no elements matching {key}")),
            },
        };
        success(format!("Storage {storage} has the following contents: {contents}"))
    }

    fn remove_stored(&mut self, storage: &str, key: &str) -> Feedback {
        if self.storage.get_mut(storage).and_then(|entries| entries.remove(key)).is_none() {
            return failure(NOTHING_CHANGED);
        }
        self.touch();
        success(format!("Modified storage {storage}"))
    }

    fn store(&mut self, storage: &str, key: &str, value: f64) {
        self.storage.entry(storage.to_owned()).or_default().insert(key.to_owned(), value as i8);
        self.touch();
    }

    fn announce(&mut self, line: &str, text: &str) -> Feedback {
        self.took_effect(line, Vec::new());
        success(text)
    }

    /// Reports a change to `names`: `text` gets the one name, or the number of names.
    fn feedback(
        &mut self,
        line: &str,
        names: Vec<String>,
        nobody: &str,
        text: impl Fn(&str) -> String,
        many: &str,
    ) -> Feedback {
        let text = match &*names {
            [] => return failure(nobody),
            [name] => text(name),
            names => text(&format!("{} {many}", names.len())),
        };
        self.took_effect(line, names);
        success(text)
    }

    fn change_players(&mut self, target: &Target, mut change: impl FnMut(&mut Player)) -> Vec<String> {
        let names = self.find(target);
        for name in &names {
            if let Some(player) = self.players.get_mut(name) {
                change(player);
            }
        }
        names
    }

    /// Names of the online players that a target selects.
    fn find(&self, target: &Target) -> Vec<String> {
        let found = |name: &&String| match target {
            Target::Named(wanted) => name.eq_ignore_ascii_case(wanted),
            Target::Uuid(uuid) => offline_uuid(name) == *uuid,
            Target::Everybody { living, name: wanted } => {
                let dead = self.player(name).is_some_and(|player| player.dead);
                !(*living && dead) && wanted.as_ref().is_none_or(|wanted| wanted == *name)
            }
        };
        let several = if matches!(target, Target::Everybody { .. }) { usize::MAX } else { 1 };
        self.online.iter().filter(found).take(several).cloned().collect()
    }
}
