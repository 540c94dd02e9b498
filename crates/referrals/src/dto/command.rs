//! The JSON body of a reward's command, and its conversion from and to the rules' type.

use super::FieldError;
use flux_referral_rules::{RewardCommand, RunOn, ServerList, Targets, Template};
use flux_rest::{ServersJson, objects};
use flux_shop::{KnownServers, ServerChoice};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// A command of a reward. `{player}` is the rewarded customer's player. The other placeholders are `{referrer}`,
/// `{referee}`, `{count}`, `{order}` and `{reward}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RewardCommandBody {
    /// The template.
    command: String,
    /// The target servers: `"all"` servers registered at the time of issue, or a list of ids or names. Without it, the
    /// store's only server.
    #[serde(default)]
    servers: Option<ServersJson>,
    /// True if the player must be online.
    #[serde(default = "yes")]
    require_online: bool,
    /// True if the command reverses the reward instead of granting it.
    #[serde(default)]
    on_void: bool,
}

impl RewardCommandBody {
    /// Checks the command. `known` are the servers that it may name.
    pub fn read(&self, known: &KnownServers) -> Result<RewardCommand, FieldError> {
        let choice = known.choose(self.servers.as_ref().map(|servers| &servers.0));
        let choice = choice.map_err(|error| FieldError::value("servers", error.to_string()))?;
        let targets = match choice {
            ServerChoice::All => Targets::All,
            ServerChoice::These(ids) => {
                let registered = known.ids().cloned().collect();
                Targets::These(ServerList::new(&ids, &registered).map_err(FieldError::at("servers"))?)
            }
            ServerChoice::AnyOf(_) => {
                return Err(FieldError::value(
                    "servers",
                    "a reward's command runs on each of its servers: send a list",
                ));
            }
        };
        Ok(RewardCommand {
            template: Template::parse(&self.command).map_err(FieldError::at("command"))?,
            targets,
            require_online: self.require_online,
            run_on: if self.on_void { RunOn::Void } else { RunOn::Issue },
        })
    }
}

impl From<&RewardCommand> for RewardCommandBody {
    fn from(command: &RewardCommand) -> RewardCommandBody {
        RewardCommandBody {
            command: command.template.as_str().to_owned(),
            servers: Some(ServersJson::from(&match &command.targets {
                Targets::All => ServerChoice::All,
                Targets::These(list) => ServerChoice::These(list.as_slice().to_vec()),
            })),
            require_online: command.require_online,
            on_void: command.run_on == RunOn::Void,
        }
    }
}

/// Reads a slot's commands.
pub(super) fn read_all(
    bodies: &[RewardCommandBody],
    read: impl Fn(&RewardCommandBody) -> Result<RewardCommand, FieldError>,
) -> Result<Vec<RewardCommand>, FieldError> {
    let read = |(index, body)| read(body).map_err(|error| error.within(&format!("commands[{index}]")));
    bodies.iter().enumerate().map(read).collect()
}

/// For `deserialize_with`: a list of commands.
pub(super) fn commands<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RewardCommandBody>, D::Error> {
    let bodies: Vec<RewardCommandBody> = objects(deserializer)?;
    let most = flux_referral_rules::limits::SLOT_COMMANDS;
    if bodies.len() > most { Err(D::Error::custom(format!("must be at most {most} commands"))) } else { Ok(bodies) }
}

fn yes() -> bool {
    true
}
