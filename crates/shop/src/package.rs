//! Packages and their command templates.

use super::{Amount, Currency, DelaySeconds, ExpirySeconds, Label, PackageId, Slots, Template};
use flux_protocol::ServerId;

/// The content of a package: its price and its commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageContent {
    /// The name for people.
    pub name: Label,
    /// The price of one unit, in minor units of the currency.
    pub price: Amount,
    /// The price's currency.
    pub currency: Currency,
    /// The commands; may be empty.
    pub commands: Vec<CommandTemplate>,
}

/// A package.
#[derive(Debug, Clone)]
pub struct Package {
    /// The storefront's id of it.
    pub id: PackageId,
    /// Its content.
    pub content: PackageContent,
}

/// A command of a package. An order creates it for each unit and server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandTemplate {
    /// The template. With `{quantity}` it is created once per item, else once per unit.
    pub command: Template,
    /// The servers that run it.
    pub servers: ServerChoice,
    /// True if the player must be online.
    pub require_online: bool,
    /// Seconds from the agent's receipt to the earliest run.
    pub delay_seconds: DelaySeconds,
    /// Free inventory slots that the player must have; needs `requireOnline`.
    pub required_slots: Slots,
    /// Seconds from its creation after which it must not run.
    pub expires_seconds: Option<ExpirySeconds>,
    /// The event that creates it.
    pub on: Trigger,
}

string_enum! {
    /// The event of an order that creates a package's command.
    #[derive(Default)]
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
    /// True if it has commands for a payment.
    pub fn has_purchase(&self) -> bool {
        self.content.commands.iter().any(|template| template.on == Trigger::Purchase)
    }

    /// True if it has commands for a refund or a chargeback.
    pub fn has_reversal(&self) -> bool {
        self.content.commands.iter().any(|template| template.on != Trigger::Purchase)
    }

    /// True if one of its commands may run on any one of several servers.
    pub fn is_for_any_server(&self) -> bool {
        self.content.commands.iter().any(|template| matches!(template.servers, ServerChoice::AnyOf(_)))
    }
}

/// The servers that a template is for. Those that were removed since get no command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerChoice {
    /// Each server at the time of the command's creation, also servers that are added later.
    All,
    /// Each of these servers.
    These(Vec<ServerId>),
    /// Any one of these servers: one command, which follows its player from server to server until it runs.
    AnyOf(Vec<ServerId>),
}

impl ServerChoice {
    /// True if the template is for this server.
    pub fn has(&self, server: &ServerId) -> bool {
        match self {
            Self::All => true,
            Self::These(ids) | Self::AnyOf(ids) => ids.contains(server),
        }
    }

    /// The servers that it names; none for all servers.
    pub fn named(&self) -> &[ServerId] {
        match self {
            Self::All => &[],
            Self::These(ids) | Self::AnyOf(ids) => ids,
        }
    }
}
