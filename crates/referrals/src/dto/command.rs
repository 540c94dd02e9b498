//! The JSON body of a reward's command, and its conversion from and to the rules' type.

use super::FieldError;
use flux_protocol::ServerId;
use flux_referral_rules::{RewardCommand, RunOn, ServerList, Targets, Template};
use flux_rest::objects;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, OneOfBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A command of a reward. `{player}` is the rewarded customer's player. The other placeholders are `{referrer}`,
/// `{referee}`, `{count}`, `{order}` and `{reward}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RewardCommandBody {
    /// The template.
    command: String,
    /// The target servers: `"all"` servers registered at the time of issue, or a list of ids.
    #[serde(default)]
    servers: TargetsBody,
    /// True if the player must be online.
    #[serde(default = "yes")]
    require_online: bool,
    /// True if the command reverses the reward instead of granting it.
    #[serde(default)]
    on_void: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum TargetsBody {
    #[default]
    All,
    These(Vec<ServerId>),
}

impl RewardCommandBody {
    /// Checks the command. `registered` are the servers that it may name.
    pub fn read(&self, registered: &BTreeSet<ServerId>) -> Result<RewardCommand, FieldError> {
        let targets = match &self.servers {
            TargetsBody::All => Targets::All,
            TargetsBody::These(ids) => {
                Targets::These(ServerList::new(ids, registered).map_err(FieldError::at("servers"))?)
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
            servers: match &command.targets {
                Targets::All => TargetsBody::All,
                Targets::These(list) => TargetsBody::These(list.as_slice().to_vec()),
            },
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

impl PartialSchema for TargetsBody {
    fn schema() -> RefOr<Schema> {
        let all = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["all"]));
        let ids = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String)).min_items(Some(1));
        OneOfBuilder::new().item(all).item(ids.max_items(Some(flux_referral_rules::limits::COMMAND_SERVERS))).into()
    }
}

impl ToSchema for TargetsBody {}

impl Serialize for TargetsBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::These(ids) => ids.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for TargetsBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Targets {
            Text(String),
            Ids(Vec<ServerId>),
        }
        let wrong = || D::Error::custom("must be \"all\" or a list of server ids");
        match Targets::deserialize(deserializer).map_err(|_| wrong())? {
            Targets::Text(text) if text == "all" => Ok(Self::All),
            Targets::Ids(ids) => Ok(Self::These(ids)),
            Targets::Text(_) => Err(wrong()),
        }
    }
}
