//! Commands: a command before and after it is stored, and its history.

use super::{PackageId, Trigger};
use crate::{CommandPurpose, CustomerId, GrantId};
use flux_delivery::command::CommandState;
use flux_protocol::{CommandId, CommandKind, OrderId, PlayerRef, Revocation, ServerId};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A command without a place in its server's sequence yet.
#[derive(Debug, Clone)]
pub struct NewCommand {
    /// Derived from its origin, or drawn for one created by hand.
    pub id: CommandId,
    /// The server that runs it.
    pub server_id: ServerId,
    /// Servers among which it may still move, in the package's order; empty for a command of one server.
    pub any_of: Vec<ServerId>,
    /// The order that it belongs to.
    pub order_id: Option<OrderId>,
    /// Its origin; `None` for one created by hand.
    pub origin: Option<Origin>,
    /// Its kind: a purchase, a reward, or one created by hand.
    pub kind: CommandKind,
    /// The player whom it is for.
    pub player: Option<PlayerRef>,
    /// The template.
    pub command: String,
    /// The values of the template's other placeholders.
    pub values: BTreeMap<String, String>,
    /// True if the player must be online.
    pub require_online: bool,
    /// Seconds from the agent's receipt.
    pub delay_seconds: u32,
    /// Free inventory slots.
    pub required_slots: u8,
    /// The time after which it must not run.
    pub expires_at: Option<Timestamp>,
}

/// The origin of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An order.
    Package {
        /// The package of the template.
        id: PackageId,
        /// The event of the order that created it.
        on: Trigger,
    },
    /// A reward.
    Reward {
        /// The grant.
        grant: GrantId,
        /// The rewarded customer.
        customer: CustomerId,
        /// Gives or reverses the reward.
        on: CommandPurpose,
    },
}

impl Origin {
    /// Package and trigger of an order's command.
    pub fn package(&self) -> Option<(&PackageId, Trigger)> {
        match self {
            Origin::Package { id, on } => Some((id, *on)),
            Origin::Reward { .. } => None,
        }
    }

    /// The reward of a reward's command.
    pub fn grant(&self) -> Option<&GrantId> {
        match self {
            Origin::Package { .. } => None,
            Origin::Reward { grant, .. } => Some(grant),
        }
    }
}

string_enum! {
    /// The text that a retry of a package's command sends.
    #[derive(Default)]
    pub enum RetryAs {
        /// The command as it was sold.
        #[default]
        Sold = "sold",
        /// The package's command as it is now.
        Now = "now",
    }
}

/// A command of the store.
#[derive(Debug, Clone)]
pub struct Command {
    /// The command as it was created.
    pub new: NewCommand,
    /// Its place among its server's commands.
    pub sequence: u64,
    /// Its state, for the delivery rules.
    pub state: CommandState,
    /// The reason of the last attempt's outcome, for people.
    pub reason: Option<String>,
    /// The game's last answer.
    pub output: Option<String>,
    /// The server to which it moves once the agent has confirmed the requested cancel.
    pub moves_to: Option<ServerId>,
    /// The time of the first cancel request.
    pub cancel_requested_at: Option<Timestamp>,
    /// The time of the last offer of this attempt or of its revoke.
    pub offered_at: Option<Timestamp>,
    /// The time of its creation.
    pub created_at: Timestamp,
    /// The time of its last change of state.
    pub updated_at: Timestamp,
}

impl Command {
    /// The command for the agent.
    pub fn to_wire(&self, redelivered: bool) -> flux_protocol::Command {
        let new = &self.new;
        flux_protocol::Command {
            id: new.id.clone(),
            attempt: self.state.attempt,
            order_id: new.order_id.clone(),
            kind: new.kind,
            player: new.player.clone(),
            command: new.command.clone(),
            values: new.values.clone(),
            require_online: new.require_online,
            delay_seconds: Some(new.delay_seconds).filter(|seconds| *seconds > 0),
            required_slots: Some(new.required_slots).filter(|slots| *slots > 0),
            expires_at: new.expires_at,
            sequence: self.sequence,
            redelivered,
        }
    }

    /// A new attempt of a command that was cancelled before it ran; `None` unless it is cancelled.
    #[must_use]
    pub fn renewed(&self, now: Timestamp) -> Option<Command> {
        let mut again = self.clone();
        again.state = again.state.renew_cancelled()?;
        (again.reason, again.output, again.moves_to) = (None, None, None);
        (again.cancel_requested_at, again.offered_at, again.updated_at) = (None, None, now);
        Some(again)
    }

    /// True if a payment of its order created it, or a person for that order: a revoked order must not deliver it.
    pub fn is_delivery_of_order(&self) -> bool {
        match &self.new.origin {
            Some(Origin::Package { on, .. }) => *on == Trigger::Purchase,
            Some(Origin::Reward { .. }) => false,
            None => self.new.order_id.is_some(),
        }
    }

    /// Its revoke for the agent.
    pub fn to_revocation(&self, redelivered: bool) -> Revocation {
        Revocation { id: self.new.id.clone(), attempt: self.state.attempt, redelivered }
    }
}

/// An entry of a command's history.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// The time when the companion learned of it.
    pub at: Timestamp,
    /// The status from then on.
    pub status: String,
    /// The attempt.
    pub attempt: u32,
    /// The reason.
    pub reason: Option<String>,
    /// The game's answer.
    pub output: Option<String>,
}

/// A command with its history, if that was requested.
#[derive(Debug)]
pub struct CommandView {
    /// The command.
    pub command: Command,
    /// Its history, oldest first.
    pub history: Option<Vec<HistoryEntry>>,
}

/// True if the two differ visibly: in the status or the attempt.
pub fn is_visible_change(before: &CommandState, after: &CommandState) -> bool {
    (before.status, before.attempt) != (after.status, after.attempt)
}
