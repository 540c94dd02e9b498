//! Events, their kinds, and the actor and time of each change.

use jiff::Timestamp;
use serde_json::Value;
use std::fmt;

/// The cause of a change: a key, the command line, an agent, or the companion itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor(String);

impl Actor {
    /// An API key, by its name.
    pub fn key(name: &str) -> Actor {
        Actor(format!("key:{name}"))
    }

    /// The agent of this server.
    pub fn agent(server: &flux_protocol::ServerId) -> Actor {
        Actor(format!("agent:{server}"))
    }

    /// An admin at the command line.
    pub fn cli() -> Actor {
        Actor("cli".to_owned())
    }

    /// The companion itself: a timer.
    pub fn companion() -> Actor {
        Actor("companion".to_owned())
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The actor and the time of an action. Every change of the store and its event carry one.
#[derive(Debug, Clone)]
pub struct Audit {
    /// The actor.
    pub actor: Actor,
}

/// Something that happened. Never changed, never a secret in it.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its place, from 1, rising.
    pub seq: i64,
    /// The time.
    pub at: Timestamp,
    /// The kind, such as `order.paid`.
    pub kind: String,
    /// The subject: the id of an order, a command, a server, a package, an attribution, a grant, a link, a rule or a customer, or a key's name.
    pub subject: String,
    /// Details, by kind.
    pub data: Value,
    /// The actor: `key:NAME`, `agent:SERVER`, `cli` or `companion`.
    pub actor: String,
}

/// The kinds of events. Those of commands, attributions and grants are `command.`, `attribution.` or `grant.` and the
/// status; those of mails are `mail.` and the scenario.
pub mod kind {
    macro_rules! kinds { ($($name:ident = $word:literal)+) => { $(#[doc = $word] pub const $name: &str = $word;)+ } }
    kinds! {
        AGENT_CONNECTED = "agent.connected"
        AGENT_DISCONNECTED = "agent.disconnected"
        ATTRIBUTION_BOUND = "attribution.bound"
        ATTRIBUTION_REFUSED = "attribution.refused"
        ATTRIBUTION_REGISTERED = "attribution.registered"
        COMMAND_CHANGED = "command.changed"
        COMMAND_MOVED = "command.moved"
        COMMAND_SETTLED = "command.settled"
        COMMAND_CANCEL_REQUESTED = "command.cancel_requested"
        CUSTOMER_ANONYMISED = "customer.anonymised"
        CUSTOMER_SAVED = "customer.saved"
        DATABASE_RESTORED = "database.restored"
        GRANT_RELEASED = "grant.released"
        GRANT_SERVER_SKIPPED = "grant.server_skipped"
        JOURNAL_CHANGED = "agent.journal_changed"
        KEY_ADDED = "key.added"
        KEY_REVOKED = "key.revoked"
        LINK_ISSUED = "link.issued"
        ORDER_CANCELLED = "order.cancelled"
        ORDER_CHARGEBACK = "order.chargeback"
        ORDER_CHANGED = "order.changed"
        ORDER_COMPLETED = "order.completed"
        ORDER_CREATED = "order.created"
        ORDER_PAID = "order.paid"
        ORDER_PLAYER_CHANGED = "order.player_changed"
        ORDER_REFUNDED = "order.refunded"
        PACKAGE_REMOVED = "package.removed"
        PACKAGE_SAVED = "package.saved"
        POLICY_CHANGED = "agent.policy_changed"
        POINTS_SPENT = "points.spent"
        PROGRAM_SAVED = "program.saved"
        RULE_REMOVED = "rule.removed"
        RULE_SAVED = "rule.saved"
        SERVER_ADDED = "server.added"
        SERVER_CHANGED = "server.changed"
        SERVER_REMOVED = "server.removed"
        SERVER_REMOVING = "server.removing"
        SERVER_TOKEN_REPLACED = "server.token_replaced"
        TIERS_SAVED = "tiers.saved"
    }
}
