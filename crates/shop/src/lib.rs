//! The store's domain types: orders, packages, commands, servers, customers, events and keys. No SQL, no HTTP.

#[macro_use]
mod string_enum;

mod agent_policy;
mod anonymous;
mod as_now;
mod blocked_by;
mod command;
mod customer;
mod delivery;
mod event;
mod expand;
mod grant;
mod known_servers;
mod left_out;
pub mod limits;
mod mail;
mod number;
mod order;
mod package;
mod server;
mod template;
mod text;
mod tier;

pub use agent_policy::{AgentPolicy, PolicyJudge, sample};
pub use anonymous::{ANONYMOUS_CHARS, ANONYMOUS_CODE, is_anonymous_code};
pub use as_now::{NotAsNow, as_now};
pub use blocked_by::{BlockedCommand, SERVER_REMOVED, ServerState, ServerStates, blocked_by};
pub use command::{Command, CommandView, HistoryEntry, NewCommand, Origin, RetryAs, is_visible_change};
pub use customer::{Customer, CustomerProfile};
pub use delivery::{CommandCounts, Delivery};
pub use event::{Actor, Audit, Event, kind};
pub use expand::{Places, TooManyCommands, expand};
pub use grant::{CommandPurpose, GrantId};
pub use known_servers::{ChoiceError, KnownServers, UnknownServer, WantedServers};
pub use left_out::{LeftOut, left_out};
pub use mail::{Mail, MailStatus};
pub use number::{Amount, DelaySeconds, ExpirySeconds, Quantity, Slots};
pub use order::{
    Order, OrderContent, OrderCustomer, OrderItem, OrderStatus, OrderTimes, Player, PutStatus, ReferralView,
};
pub use package::{CommandTemplate, Package, PackageContent, ServerChoice, Trigger};
pub use server::{AgentFacts, LastPoll, QueueCounts, Server};
pub use string_enum::{StringEnum, UnknownWord};
pub use template::{ManualTemplate, Template};
pub use text::{
    Address, Code, Currency, CustomerId, Email, Label, PackageId, PlayerName, PlayerUuid, RefundId, SessionId, Tier,
};
pub use tier::{NamedTier, TierList, TierListError, unlisted_tier};

string_enum! {
    /// The permissions of an API key.
    pub enum Role {
        /// All operations.
        Admin = "admin",
        /// The operations of a storefront's back end: orders, customers, reading packages and commands.
        Storefront = "store",
    }
}
