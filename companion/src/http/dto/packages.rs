//! Packages in JSON.

use crate::services::ServiceError;
use crate::services::agent_policies::Policies;
use flux_protocol::ServerId;
use flux_rest::values::{Amount, Currency, DelaySeconds, ExpirySeconds, Label, PackageId, Slots, Template, Trigger};
use flux_rest::{Checked, ServersJson, Word, objects};
use flux_shop::{CommandTemplate, KnownServers, Package, PackageContent, limits};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// `PUT /packages/{id}`: the package and its commands.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PackageBody)]
pub(crate) struct PackageIn {
    /// The name for people.
    name: Label,
    /// The price of one unit, in minor units of the currency.
    price: Amount,
    /// The currency of the price.
    currency: Currency,
    /// At most 50, or none.
    #[serde(deserialize_with = "templates")]
    #[schema(max_items = 50)]
    commands: Vec<TemplateJson>,
}

/// A package in an answer.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Package)]
pub(crate) struct PackageOut {
    id: PackageId,
    name: Label,
    price: Amount,
    currency: Currency,
    commands: Vec<TemplateJson>,
    /// A sentence for each probable mistake.
    warnings: Vec<String>,
}

/// A command of a package. An order creates it for each unit and server.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = TemplateBody)]
pub(crate) struct TemplateJson {
    /// The template; only the agent fills it in. With `{quantity}` it is created once per item, else once per unit.
    command: Template,
    /// The servers that run it: `"all"` for each, also those added later; a list of ids or names for each of these; or
    /// `{"anyOf": list}` for one command, which follows the player to whichever of them. Without it, the store's only server.
    #[serde(default)]
    servers: Option<ServersJson>,
    /// True if the player must be online.
    #[serde(default = "yes")]
    require_online: bool,
    /// Seconds from the agent's receipt to the earliest run.
    #[serde(default)]
    delay_seconds: DelaySeconds,
    /// Free inventory slots that the player must have; needs `requireOnline`.
    #[serde(default)]
    required_slots: Slots,
    /// Seconds from its creation after which it must not run.
    #[serde(default)]
    expires_seconds: Option<ExpirySeconds>,
    /// The event of the order that creates it.
    #[serde(default)]
    on: Trigger,
}

impl PackageIn {
    /// The package for these servers.
    ///
    /// # Errors
    /// 422 for a command whose servers are missing or unknown.
    pub(crate) fn content(&self, servers: &KnownServers) -> Result<PackageContent, ServiceError> {
        let command = |(index, template): (usize, &TemplateJson)| template.template(index, servers);
        Ok(PackageContent {
            name: self.name.0.clone(),
            price: self.price.0,
            currency: self.currency.0.clone(),
            commands: self.commands.iter().enumerate().map(command).collect::<Result<_, _>>()?,
        })
    }
}

impl PackageOut {
    /// A package; `receiving` are the servers that are given commands, `policies` those of their agents.
    pub(crate) fn new(package: Package, receiving: &[ServerId], policies: &Policies) -> PackageOut {
        let of_command = |(index, template): (usize, &CommandTemplate)| {
            let warnings = template.command.warnings().into_iter().chain(removed_servers(template, receiving));
            let warnings = warnings.chain(policies.warnings(&package, template));
            warnings.map(move |warning| format!("commands[{index}]: {warning}"))
        };
        let warnings = package.content.commands.iter().enumerate().flat_map(of_command).collect();
        let Package { id, content: PackageContent { name, price, currency, commands } } = package;
        PackageOut {
            warnings,
            id: Checked(id),
            name: Checked(name),
            price: Checked(price),
            currency: Checked(currency),
            commands: commands.into_iter().map(Into::into).collect(),
        }
    }
}

/// A warning for each server that a template names and that was removed.
fn removed_servers(template: &CommandTemplate, receiving: &[ServerId]) -> Vec<String> {
    let removed = template.servers.named().iter().filter(|id| !receiving.contains(id));
    removed.map(|id| format!("the server {id} was removed: an order makes no command there")).collect()
}

impl TemplateJson {
    /// The package's command at this place.
    fn template(&self, index: usize, servers: &KnownServers) -> Result<CommandTemplate, ServiceError> {
        let choice = servers.choose(self.servers.as_ref().map(|servers| &servers.0));
        let choice = choice.map_err(|error| {
            ServiceError::invalid(format!("commands[{index}].servers{}", error.place()), error.to_string())
        })?;
        Ok(CommandTemplate {
            command: self.command.0.clone(),
            servers: choice,
            require_online: self.require_online,
            delay_seconds: self.delay_seconds.0,
            required_slots: self.required_slots.0,
            expires_seconds: self.expires_seconds.map(|seconds| seconds.0),
            on: self.on.0,
        })
    }
}

impl From<CommandTemplate> for TemplateJson {
    fn from(template: CommandTemplate) -> TemplateJson {
        TemplateJson {
            command: Checked(template.command),
            servers: Some(ServersJson::from(&template.servers)),
            require_online: template.require_online,
            delay_seconds: Checked(template.delay_seconds),
            required_slots: Checked(template.required_slots),
            expires_seconds: template.expires_seconds.map(Checked),
            on: Word(template.on),
        }
    }
}

fn yes() -> bool {
    true
}

fn templates<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<TemplateJson>, D::Error> {
    let templates = objects(deserializer)?;
    let most = limits::PACKAGE_TEMPLATES;
    if templates.len() > most {
        Err(D::Error::custom(format!("must be at most {most} commands")))
    } else {
        Ok(templates)
    }
}
