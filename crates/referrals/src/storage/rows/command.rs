//! A reward's command as it is stored.

use super::bad;
use flux_protocol::ServerId;
use flux_referral_rules::{RewardCommand, RunOn, ServerList, Targets, Template};
use flux_storage::Error;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A reward's command.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RewardCommandRow {
    command: String,
    /// `None` for all servers.
    #[serde(default)]
    servers: Option<Vec<String>>,
    #[serde(default = "yes")]
    require_online: bool,
    /// True if the command reverses the reward.
    #[serde(default)]
    reverses: bool,
}

fn yes() -> bool {
    true
}

impl From<&RewardCommand> for RewardCommandRow {
    fn from(command: &RewardCommand) -> RewardCommandRow {
        RewardCommandRow {
            command: command.template.as_str().to_owned(),
            servers: match &command.targets {
                Targets::All => None,
                Targets::These(list) => Some(list.as_slice().iter().map(ServerId::to_string).collect()),
            },
            require_online: command.require_online,
            reverses: command.run_on == RunOn::Void,
        }
    }
}

impl RewardCommandRow {
    /// The command. Its servers may have been removed since.
    pub(super) fn read(&self) -> Result<RewardCommand, Error> {
        let targets = match &self.servers {
            None => Targets::All,
            Some(ids) => {
                let server = |id: &String| id.parse::<ServerId>().map_err(|_| Error::BadRow("a server's id"));
                let ids = ids.iter().map(server).collect::<Result<Vec<_>, _>>()?;
                let known: BTreeSet<ServerId> = ids.iter().cloned().collect();
                Targets::These(ServerList::new(&ids, &known).map_err(bad("a list of servers"))?)
            }
        };
        Ok(RewardCommand {
            template: Template::parse(&self.command).map_err(bad("a template"))?,
            targets,
            require_online: self.require_online,
            run_on: if self.reverses { RunOn::Void } else { RunOn::Issue },
        })
    }
}
