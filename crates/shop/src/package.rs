use super::object::objects;
use super::{Amount, Currency, DelaySeconds, ExpirySeconds, Label, PackageId, Slots, Template};
use crate::limits;
use flux_protocol::ServerId;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, OneOfBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// `PUT /packages/{id}`: what is sold, and the commands that it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PackageBody {
    /// What people read.
    pub name: Label,
    /// The price of one, in minor units.
    pub price: Amount,
    /// The price's currency.
    pub currency: Currency,
    /// At most 50; none is legal.
    #[serde(deserialize_with = "templates")]
    #[schema(max_items = 50)]
    pub commands: Vec<TemplateBody>,
}

/// A package as it is answered.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Package {
    /// The storefront's id of it.
    pub id: PackageId,
    /// What was put.
    #[serde(flatten)]
    pub body: PackageBody,
}

/// The shape of [`Package`], for the OpenAPI document.
#[derive(utoipa::ToSchema)]
#[schema(as = Package, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the Serialize impl above writes")]
struct PackageSchema {
    id: PackageId,
    name: Label,
    price: Amount,
    currency: Currency,
    commands: Vec<TemplateBody>,
}

schema_of!(Package, PackageSchema, "Package");

/// One command of a package, to be made for each unit and server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateBody {
    /// The template; the agent alone fills it in. With `{quantity}` it is made once per item, else once per unit.
    pub command: Template,
    /// Where it runs: `"all"`, or ids of servers.
    #[serde(default)]
    pub servers: ServerChoice,
    /// Whether the player must be online.
    #[serde(default = "yes")]
    pub require_online: bool,
    /// Seconds from the agent's receipt to the earliest run.
    #[serde(default)]
    pub delay_seconds: DelaySeconds,
    /// Free inventory slots that the player must have; needs `requireOnline`.
    #[serde(default)]
    pub required_slots: Slots,
    /// Seconds from its making after which it must not run.
    #[serde(default)]
    pub expires_seconds: Option<ExpirySeconds>,
    /// What makes it.
    #[serde(default)]
    pub on: Trigger,
}

/// What makes a package's command.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// The order is paid.
    #[default]
    Purchase,
    /// The order is refunded.
    Refund,
    /// The payment is charged back.
    Chargeback,
}

impl Trigger {
    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Refund => "refund",
            Self::Chargeback => "chargeback",
        }
    }

    /// The trigger that this word names.
    pub fn from_word(word: &str) -> Option<Trigger> {
        [Self::Purchase, Self::Refund, Self::Chargeback].into_iter().find(|trigger| trigger.as_str() == word)
    }
}

impl Package {
    /// Whether it has commands that take something back.
    pub fn takes_back(&self) -> bool {
        self.body.commands.iter().any(|template| template.on != Trigger::Purchase)
    }
}

/// The servers that a template is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ServerChoice {
    /// All that there are when the command is made.
    #[default]
    All,
    /// These; one that was removed since is left out.
    These(Vec<ServerId>),
}

impl ServerChoice {
    /// Whether the template is for this server.
    pub fn has(&self, server: &ServerId) -> bool {
        match self {
            Self::All => true,
            Self::These(ids) => ids.contains(server),
        }
    }
}

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
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::These(ids) => ids.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ServerChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Wire {
            Word(String),
            Ids(Vec<ServerId>),
        }
        let allowed = || D::Error::custom("must be \"all\" or a list of 1 to 100 different server ids");
        match Wire::deserialize(deserializer).map_err(|_| allowed())? {
            Wire::Word(word) if word == "all" => Ok(Self::All),
            Wire::Ids(ids) if (1..=limits::TEMPLATE_SERVERS).contains(&ids.len()) && all_differ(&ids) => {
                Ok(Self::These(ids))
            }
            _ => Err(allowed()),
        }
    }
}

fn all_differ(ids: &[ServerId]) -> bool {
    ids.iter().collect::<std::collections::BTreeSet<_>>().len() == ids.len()
}

fn yes() -> bool {
    true
}

fn templates<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<TemplateBody>, D::Error> {
    let templates = objects(deserializer)?;
    let most = limits::PACKAGE_TEMPLATES;
    if templates.len() > most {
        Err(D::Error::custom(format!("must be at most {most} commands")))
    } else {
        Ok(templates)
    }
}
