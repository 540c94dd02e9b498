//! A package's template as it is stored: JSON of this type, whatever the API's shape is.

use crate::Error;
use flux_protocol::ServerId;
use flux_shop::{CommandTemplate, DelaySeconds, ExpirySeconds, ServerChoice, Slots, Template, Trigger};
use serde::{Deserialize, Serialize};

/// A stored template. Unknown fields are ignored and missing ones have their defaults, so that rows of other versions of
/// this program stay readable.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TemplateRow {
    command: String,
    /// `None` for all servers.
    servers: Option<Vec<String>>,
    /// True for any one of `servers`, false for each.
    any: bool,
    require_online: bool,
    delay_seconds: u32,
    required_slots: u8,
    expires_seconds: Option<u32>,
    trigger: String,
}

impl Default for TemplateRow {
    fn default() -> TemplateRow {
        TemplateRow {
            command: String::new(),
            servers: None,
            any: false,
            require_online: true,
            delay_seconds: 0,
            required_slots: 0,
            expires_seconds: None,
            trigger: Trigger::Purchase.as_str().to_owned(),
        }
    }
}

impl From<&CommandTemplate> for TemplateRow {
    fn from(template: &CommandTemplate) -> TemplateRow {
        TemplateRow {
            command: template.command.to_string(),
            servers: match &template.servers {
                ServerChoice::All => None,
                ServerChoice::These(ids) | ServerChoice::AnyOf(ids) => {
                    Some(ids.iter().map(ServerId::to_string).collect())
                }
            },
            any: matches!(template.servers, ServerChoice::AnyOf(_)),
            require_online: template.require_online,
            delay_seconds: template.delay_seconds.get(),
            required_slots: template.required_slots.get(),
            expires_seconds: template.expires_seconds.map(ExpirySeconds::get),
            trigger: template.on.as_str().to_owned(),
        }
    }
}

impl TemplateRow {
    /// The template.
    ///
    /// # Errors
    ///
    /// [`Error::BadRow`] if this program never writes such a server id or trigger.
    pub(crate) fn read(self) -> Result<CommandTemplate, Error> {
        let server = |id: String| ServerId::try_from(id).map_err(|_| Error::BadRow("a template's server"));
        let servers = self.servers.map(|ids| ids.into_iter().map(server).collect::<Result<_, _>>()).transpose()?;
        let named = if self.any { ServerChoice::AnyOf } else { ServerChoice::These };
        Ok(CommandTemplate {
            command: Template::from_stored(self.command),
            servers: servers.map_or(ServerChoice::All, named),
            require_online: self.require_online,
            delay_seconds: DelaySeconds::from_stored(self.delay_seconds),
            required_slots: Slots::from_stored(self.required_slots),
            expires_seconds: self.expires_seconds.map(ExpirySeconds::from_stored),
            on: self.trigger.parse().map_err(|_| Error::BadRow("a template's trigger"))?,
        })
    }
}
