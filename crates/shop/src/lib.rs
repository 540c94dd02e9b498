//! What the companion knows, in types: checked when read, in the API's JSON shapes when written. No SQL, no HTTP.

/// Gives a type that is written in its own way the schema of a struct that describes it.
macro_rules! schema_of {
    ($type:ty, $description:ty, $name:literal) => {
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                <$description>::schema()
            }
        }

        impl utoipa::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
                <$description>::schemas(schemas);
            }
        }
    };
}

mod anonymous;
mod blocked_by;
mod command;
mod customer;
mod delivery;
mod event;
mod expand;
mod grant;
pub mod limits;
mod number;
mod object;
mod order;
mod package;
mod server;
mod text;

pub use anonymous::{ANONYMOUS_CHARS, ANONYMOUS_CODE, is_anonymous_code};
pub use blocked_by::{Obstacle, ServerState, ServerStates, obstacles};
pub use command::{CommandRow, CommandView, HistoryRow, NewCommand, Origin, is_visible_change};
pub use customer::{CustomerBody, CustomerRow};
pub use delivery::{Delivery, delivery};
pub use event::{Actor, Audit, EventRow, kind};
pub use expand::{TooManyCommands, expand};
pub use grant::{CommandPurpose, GrantId};
pub use number::{Amount, DelaySeconds, ExpirySeconds, Quantity, Slots};
pub use object::Object;
pub use object::{object, object_or_null, objects};
pub use order::{
    Customer, Order, OrderBody, OrderItem, OrderStatus, OrderTimes, OrderView, Player, PutStatus, ReferralView,
};
pub use package::{Package, PackageBody, ServerChoice, TemplateBody, Trigger};
pub use server::{AgentFacts, QueueCounts, Server, ServerView};
pub use text::{
    Address, Code, Currency, CustomerId, Email, Label, PackageId, PlayerName, PlayerUuid, RefundId, Template, Tier,
};

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
