//! What the companion knows, in types: checked when read, in the API's JSON shapes when written. No SQL, no HTTP.

mod command;
mod delivery;
mod event;
mod expand;
mod number;
mod order;
mod package;
mod server;
mod text;

pub use command::{CommandRow, CommandView, HistoryRow, NewCommand, is_news};
pub use delivery::{Delivery, delivery};
pub use event::{Actor, EventRow, kind};
pub use expand::{TooManyCommands, expand};
pub use number::{Amount, DelaySeconds, ExpirySeconds, Quantity, Slots};
pub use order::{Customer, Order, OrderBody, OrderItem, OrderStatus, OrderView, Player, PutStatus};
pub use package::{Package, PackageBody, ServerChoice, TemplateBody, Trigger};
pub use server::{AgentFacts, QueueCounts, Server, ServerView};
pub use text::{Address, Code, Currency, CustomerId, Label, PackageId, PlayerName, PlayerUuid, Template};

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything.
    Admin,
    /// What a storefront's back end needs: orders, packages to read, the state of commands.
    Store,
}

impl Role {
    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Store => "store",
        }
    }

    /// The role that this word names.
    pub fn from_word(word: &str) -> Option<Role> {
        [Self::Admin, Self::Store].into_iter().find(|role| role.as_str() == word)
    }
}
