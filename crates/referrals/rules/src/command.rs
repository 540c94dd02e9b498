//! Commands of a reward: templates, target servers, and the commands planned for each server.

use crate::{CustomerId, ValidationError, limits};
use flux_protocol::ServerId;
use flux_protocol::template::{check_template, template_warnings};
use std::collections::{BTreeMap, BTreeSet};

/// Placeholders that the reward's values fill in, besides those of the player (section 8.5).
const PLACEHOLDERS: &[&str] = &["referrer", "referee", "count", "order", "reward"];

/// Commands that turn something on and off again: running one twice undoes it (R0-13).
const TOGGLES: [&str; 17] = [
    "fly",
    "god",
    "tgm",
    "vanish",
    "v",
    "pv",
    "afk",
    "pvp",
    "msgtoggle",
    "socialspy",
    "commandspy",
    "togglechat",
    "toggle",
    "nightvision",
    "nv",
    "freeze",
    "mutechat",
];

/// A command template that an agent can run: one line without invisible characters, with placeholders that are filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(String);

impl Template {
    /// Checks a template.
    pub fn parse(text: &str) -> Result<Template, ValidationError> {
        let text = check_template(text, PLACEHOLDERS).map_err(ValidationError::Template)?;
        Ok(Template(text.to_owned()))
    }

    /// The template as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Sentences about what is sent as it is, although it looks like a placeholder.
    pub fn warnings(&self) -> Vec<String> {
        template_warnings(&self.0, PLACEHOLDERS)
    }

    /// The word that makes this command unsafe to run twice, if it begins with one (R0-13).
    pub fn toggle_word(&self) -> Option<&str> {
        let word = self.0.trim_start().trim_start_matches('/').split_whitespace().next().unwrap_or_default();
        let bare = word.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
        (TOGGLES.contains(&bare.as_str()) || bare.starts_with("toggle")).then_some(word)
    }
}

/// The servers on which a command runs (R0-11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// Every server that is registered when the reward is issued (D-19).
    All,
    /// The listed servers.
    These(ServerList),
}

/// One or more servers, none of them twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerList(Vec<ServerId>);

impl ServerList {
    /// Checks a list against the registered servers and removes duplicates (R0-12).
    pub fn new(ids: &[ServerId], registered: &BTreeSet<ServerId>) -> Result<ServerList, ValidationError> {
        let mut seen = BTreeSet::new();
        let list: Vec<ServerId> = ids.iter().filter(|id| seen.insert(*id)).cloned().collect();
        if let Some(unknown) = list.iter().find(|id| !registered.contains(*id)) {
            return Err(ValidationError::UnknownServer(unknown.clone()));
        }
        if (1..=limits::COMMAND_SERVERS).contains(&list.len()) {
            Ok(ServerList(list))
        } else {
            Err(ValidationError::Servers)
        }
    }

    /// The servers.
    pub fn as_slice(&self) -> &[ServerId] {
        &self.0
    }
}

/// The event that runs a reward's command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RunOn {
    /// The reward is issued.
    #[default]
    Issue,
    /// The reward is reversed (`onVoid`).
    Void,
}

/// A command of a reward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewardCommand {
    /// The template.
    pub template: Template,
    /// The target servers.
    pub targets: Targets,
    /// True if the player must be online.
    pub require_online: bool,
    /// The event that runs the command.
    pub run_on: RunOn,
}

/// One command for one server, to be queued: `{player}` is `customer`'s, looked up when it is first sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCommand {
    /// The command's place in its slot, from 0: with the grant and the server, the line's key.
    pub index: usize,
    /// The target server.
    pub server: ServerId,
    /// The template with its placeholders.
    pub template: Template,
    /// The rewarded customer.
    pub customer: CustomerId,
    /// True if the player must be online.
    pub require_online: bool,
    /// Values of the placeholders other than the player's.
    pub values: BTreeMap<String, String>,
}

/// The planned commands of a reward.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FanOut {
    /// The lines, those of one server in the order of the slot (R0-09).
    pub lines: Vec<PlannedCommand>,
    /// Commands, by their place, that had a server which is gone by now (R0-12): to be noted.
    pub skipped: Vec<(usize, ServerId)>,
}

/// Plans the commands for this event on the registered servers.
pub fn fan_out(
    commands: &[RewardCommand],
    run_on: RunOn,
    registered: &BTreeSet<ServerId>,
    customer: &CustomerId,
    values: &BTreeMap<String, String>,
) -> FanOut {
    let mut made = FanOut::default();
    for (index, command) in commands.iter().enumerate().filter(|(_, command)| command.run_on == run_on) {
        let targets: Vec<&ServerId> = match &command.targets {
            Targets::All => registered.iter().collect(),
            Targets::These(list) => list.as_slice().iter().collect(),
        };
        for server in targets {
            if !registered.contains(server) {
                made.skipped.push((index, server.clone()));
                continue;
            }
            made.lines.push(PlannedCommand {
                index,
                server: server.clone(),
                template: command.template.clone(),
                customer: customer.clone(),
                require_online: command.require_online,
                values: values.clone(),
            });
        }
    }
    made
}

/// A value that may fill in a placeholder: other characters than `[A-Za-z0-9_.,:-]` become `_`, and at most 64 stay.
pub fn safe_value(text: &str) -> String {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || "_.,:-".contains(letter);
    text.chars().take(limits::VALUE_CHARS).map(|letter| if safe(letter) { letter } else { '_' }).collect()
}
