use super::{PackageId, Trigger};
use crate::{CommandPurpose, CustomerId, GrantId};
use flux_delivery::command::CommandState;
use flux_protocol::{Command, CommandId, CommandKind, OrderId, PlayerRef, Revocation, ServerId};
use jiff::Timestamp;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// A command before it has its place in its server's sequence.
#[derive(Debug, Clone)]
pub struct NewCommand {
    /// Derived of what it is for, or drawn for one made by hand.
    pub id: CommandId,
    /// Where it runs.
    pub server_id: ServerId,
    /// What it belongs to.
    pub order_id: Option<OrderId>,
    /// What made it; `None` for one made by hand.
    pub origin: Option<Origin>,
    /// Why it was made.
    pub kind: CommandKind,
    /// Whom it is for.
    pub player: Option<PlayerRef>,
    /// The template.
    pub command: String,
    /// What fills in the template's other placeholders.
    pub values: BTreeMap<String, String>,
    /// Whether the player must be online.
    pub require_online: bool,
    /// Seconds from the agent's receipt.
    pub delay_seconds: u32,
    /// Free inventory slots.
    pub required_slots: u8,
    /// When it must not run any more.
    pub expires_at: Option<Timestamp>,
}

/// What made a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An order.
    Package {
        /// The package whose template it is.
        id: PackageId,
        /// What made it.
        on: Trigger,
    },
    /// A reward.
    Reward {
        /// Which.
        grant: GrantId,
        /// Whose.
        customer: CustomerId,
        /// On which occasion.
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

/// A command as it is kept.
#[derive(Debug, Clone)]
pub struct CommandRow {
    /// What was made.
    pub new: NewCommand,
    /// Its place among its server's commands.
    pub sequence: u64,
    /// Where it is, for the rules.
    pub state: CommandState,
    /// The reason that is shown: of the last attempt.
    pub reason: Option<String>,
    /// The game's last answer.
    pub output: Option<String>,
    /// When it was first wanted cancelled.
    pub cancel_requested_at: Option<Timestamp>,
    /// When this attempt, or its revoke, was last offered.
    pub offered_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
}

impl CommandRow {
    /// As it goes to the agent.
    pub fn to_wire(&self, redelivered: bool) -> Command {
        let new = &self.new;
        Command {
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

    /// Its revoke.
    pub fn to_revocation(&self, redelivered: bool) -> Revocation {
        Revocation { id: self.new.id.clone(), attempt: self.state.attempt, redelivered }
    }
}

/// A row of a command's history.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct HistoryRow {
    /// When the companion heard of it.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What it then was.
    pub status: String,
    /// Which attempt.
    pub attempt: u32,
    /// Why.
    pub reason: Option<String>,
    /// The game's answer.
    pub output: Option<String>,
}

/// A command as it is answered; `history` only where one command or one order is asked for.
#[derive(Debug)]
pub struct CommandView {
    /// The command.
    pub command: CommandRow,
    /// What happened to it, oldest first.
    pub history: Option<Vec<HistoryRow>>,
}

impl Serialize for CommandView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let CommandRow { new, state, .. } = &self.command;
        let package = new.origin.as_ref().and_then(Origin::package);
        let mut json = serializer.serialize_struct("Command", 21)?;
        json.serialize_field("id", &new.id)?;
        json.serialize_field("serverId", &new.server_id)?;
        json.serialize_field("orderId", &new.order_id)?;
        json.serialize_field("packageId", &package.map(|(id, _)| id))?;
        json.serialize_field("on", &package.map(|(_, on)| on))?;
        json.serialize_field("grantId", &new.origin.as_ref().and_then(Origin::grant).map(GrantId::as_str))?;
        json.serialize_field("kind", &new.kind)?;
        json.serialize_field("player", &new.player)?;
        json.serialize_field("command", &new.command)?;
        json.serialize_field("values", &new.values)?;
        json.serialize_field("sequence", &self.command.sequence)?;
        json.serialize_field("status", state.status.as_str())?;
        json.serialize_field("attempt", &state.attempt)?;
        json.serialize_field("reason", &self.command.reason)?;
        json.serialize_field("output", &self.command.output)?;
        json.serialize_field("cancelRequestedAt", &self.command.cancel_requested_at)?;
        json.serialize_field("nextAttemptAt", &state.next_attempt_at)?;
        json.serialize_field("expiresAt", &new.expires_at)?;
        json.serialize_field("createdAt", &self.command.created_at)?;
        json.serialize_field("updatedAt", &self.command.updated_at)?;
        match &self.history {
            Some(history) => json.serialize_field("history", history)?,
            None => json.skip_field("history")?,
        }
        json.end()
    }
}

/// The shape of [`CommandView`], for the OpenAPI document.
#[derive(utoipa::ToSchema)]
#[schema(as = Command, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the Serialize impl above writes")]
struct CommandSchema {
    id: String,
    server_id: String,
    order_id: Option<String>,
    /// The package of the order that it belongs to.
    package_id: Option<String>,
    /// What of the order made it: its payment, or what took it back.
    on: Option<Trigger>,
    /// The reward that it belongs to.
    grant_id: Option<String>,
    /// `purchase`, `referral` or `manual`.
    kind: String,
    player: Option<super::Player>,
    /// The template, not filled in.
    command: String,
    values: BTreeMap<String, String>,
    sequence: u64,
    /// `pending`, `delivered`, `awaiting_player`, `completed`, `failed` or `cancelled`.
    status: String,
    attempt: u32,
    /// Of the last attempt.
    reason: Option<String>,
    /// The game's last answer: at most 1,024 characters.
    output: Option<String>,
    #[schema(format = DateTime)]
    cancel_requested_at: Option<String>,
    #[schema(format = DateTime)]
    next_attempt_at: Option<String>,
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    history: Option<Vec<HistoryRow>>,
}

schema_of!(CommandView, CommandSchema, "Command");

/// Whether people see a difference between the two: the status or the attempt.
pub fn is_visible_change(before: &CommandState, after: &CommandState) -> bool {
    (before.status, before.attempt) != (after.status, after.attempt)
}
