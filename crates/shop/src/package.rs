//! Packages and their command templates.

use super::object::objects;
use super::{Amount, Currency, DelaySeconds, ExpirySeconds, Label, PackageId, Slots, Template};
use crate::limits;
use flux_protocol::ServerId;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The content of a package: its price and its commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PackageBody {
    /// The name for people.
    pub name: Label,
    /// The price of one unit, in minor units of the currency.
    pub price: Amount,
    /// The price's currency.
    pub currency: Currency,
    /// The commands; may be empty.
    #[serde(deserialize_with = "templates")]
    pub commands: Vec<TemplateBody>,
}

/// A stored package.
#[derive(Debug, Clone)]
pub struct Package {
    /// The storefront's id of it.
    pub id: PackageId,
    /// Its content.
    pub body: PackageBody,
}

/// A command of a package. An order creates it for each unit and server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateBody {
    /// The template. With `{quantity}` it is created once per item, else once per unit.
    pub command: Template,
    /// The servers that run it.
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
    /// Seconds from its creation after which it must not run.
    #[serde(default)]
    pub expires_seconds: Option<ExpirySeconds>,
    /// The event that creates it.
    #[serde(default)]
    pub on: Trigger,
}

string_enum! {
    /// The event of an order that creates a package's command.
    #[derive(Default, Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    pub enum Trigger {
        /// The order is paid.
        #[default]
        Purchase = "purchase",
        /// The order is refunded.
        Refund = "refund",
        /// The payment is charged back.
        Chargeback = "chargeback",
    }
}

impl Package {
    /// Whether it has commands for a refund or a chargeback.
    pub fn has_reversal(&self) -> bool {
        self.body.commands.iter().any(|template| template.on != Trigger::Purchase)
    }
}

/// The servers that a template is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ServerChoice {
    /// All servers at the time of the command's creation.
    #[default]
    All,
    /// These servers, without those that were removed since.
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
