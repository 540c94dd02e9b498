//! Packages in JSON.

use flux_protocol::ServerId;
use flux_rest::values::{Amount, Currency, DelaySeconds, ExpirySeconds, Label, PackageId, Slots, Template, Trigger};
use flux_rest::{Checked, Word, objects};
use flux_shop::{CommandTemplate, Package, PackageContent, limits};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, OneOfBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

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
    /// The servers that run it: `"all"`, or ids.
    #[serde(default)]
    servers: ServerChoice,
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

/// The servers of a template: `"all"`, or ids.
#[derive(Default)]
struct ServerChoice(flux_shop::ServerChoice);

impl PartialSchema for ServerChoice {
    fn schema() -> RefOr<Schema> {
        let all = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["all"]));
        let ids = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String)).min_items(Some(1));
        OneOfBuilder::new().item(all).item(ids.max_items(Some(limits::TEMPLATE_SERVERS))).into()
    }
}

impl ToSchema for ServerChoice {}

impl Serialize for ServerChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            flux_shop::ServerChoice::All => serializer.serialize_str("all"),
            flux_shop::ServerChoice::These(ids) => ids.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ServerChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Json {
            Word(String),
            Ids(Vec<ServerId>),
        }
        let most = limits::TEMPLATE_SERVERS;
        let allowed = || D::Error::custom(format!("must be \"all\" or a list of 1 to {most} different server ids"));
        match Json::deserialize(deserializer).map_err(|_| allowed())? {
            Json::Word(word) if word == "all" => Ok(Self(flux_shop::ServerChoice::All)),
            Json::Ids(ids) if (1..=most).contains(&ids.len()) && all_differ(&ids) => {
                Ok(Self(flux_shop::ServerChoice::These(ids)))
            }
            Json::Word(_) | Json::Ids(_) => Err(allowed()),
        }
    }
}

impl From<PackageIn> for PackageContent {
    fn from(package: PackageIn) -> PackageContent {
        PackageContent {
            name: package.name.0,
            price: package.price.0,
            currency: package.currency.0,
            commands: package.commands.into_iter().map(Into::into).collect(),
        }
    }
}

impl PackageOut {
    /// A package; `receiving` are the servers that are given commands.
    pub(crate) fn new(package: Package, receiving: &[ServerId]) -> PackageOut {
        let Package { id, content: PackageContent { name, price, currency, commands } } = package;
        let of_command = |(index, template): (usize, &CommandTemplate)| {
            let warnings = template.command.warnings().into_iter().chain(removed_servers(template, receiving));
            warnings.map(move |warning| format!("commands[{index}]: {warning}"))
        };
        let warnings = commands.iter().enumerate().flat_map(of_command).collect();
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
    let flux_shop::ServerChoice::These(ids) = &template.servers else { return Vec::new() };
    let removed = ids.iter().filter(|id| !receiving.contains(id));
    removed.map(|id| format!("the server {id} was removed: an order makes no command there")).collect()
}

impl From<TemplateJson> for CommandTemplate {
    fn from(template: TemplateJson) -> CommandTemplate {
        CommandTemplate {
            command: template.command.0,
            servers: template.servers.0,
            require_online: template.require_online,
            delay_seconds: template.delay_seconds.0,
            required_slots: template.required_slots.0,
            expires_seconds: template.expires_seconds.map(|seconds| seconds.0),
            on: template.on.0,
        }
    }
}

impl From<CommandTemplate> for TemplateJson {
    fn from(template: CommandTemplate) -> TemplateJson {
        TemplateJson {
            command: Checked(template.command),
            servers: ServerChoice(template.servers),
            require_online: template.require_online,
            delay_seconds: Checked(template.delay_seconds),
            required_slots: Checked(template.required_slots),
            expires_seconds: template.expires_seconds.map(Checked),
            on: Word(template.on),
        }
    }
}

fn all_differ(ids: &[ServerId]) -> bool {
    ids.iter().collect::<std::collections::BTreeSet<_>>().len() == ids.len()
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
