//! Commands in JSON.

use crate::services::ServiceError;
use flux_protocol::{Attempt, CommandId, CommandKind, OrderId, PlayerRef, ServerId};
use flux_rest::values::{DelaySeconds, ExpirySeconds, ManualTemplate, Slots, Trigger};
use flux_rest::{PlayerJson, Word, object_or_null};
use flux_shop::{CommandView, GrantId, HistoryEntry, KnownServers, NewCommand, Origin};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A command that an admin creates by hand.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CommandBody)]
pub(crate) struct CommandIn {
    /// The server that runs it, by id or by name.
    server_id: String,
    /// The template. Only the placeholders of the player are filled in.
    command: ManualTemplate,
    /// The player whom it is for.
    #[serde(default, deserialize_with = "object_or_null")]
    player: Option<PlayerJson>,
    /// The order that it belongs to, which is paid. A cancellation, refund or chargeback of the order revokes it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    order: Option<OrderId>,
    /// True if the player must be online; defaults to true with a player.
    #[serde(default)]
    require_online: Option<bool>,
    /// Seconds from the agent's receipt to the earliest run.
    #[serde(default)]
    delay_seconds: DelaySeconds,
    /// Free inventory slots that the player must have; needs `requireOnline`.
    #[serde(default)]
    required_slots: Slots,
    /// Seconds after which it must not run.
    #[serde(default)]
    expires_seconds: Option<ExpirySeconds>,
}

impl CommandIn {
    /// The command with this id.
    ///
    /// # Errors
    /// 422 if the conditions contradict each other, or there is no such server.
    pub(crate) fn command(
        &self,
        id: CommandId,
        servers: &KnownServers,
        now: Timestamp,
    ) -> Result<NewCommand, ServiceError> {
        let server = servers.find(&self.server_id);
        let server = server.map_err(|unknown| ServiceError::invalid("serverId", unknown.to_string()))?;
        let require_online = self.require_online.unwrap_or(self.player.is_some());
        if require_online && self.player.is_none() {
            return Err(ServiceError::invalid("requireOnline", "needs a player"));
        }
        if self.required_slots.0.get() > 0 && !require_online {
            let message = "needs requireOnline: only an online player's slots can be counted";
            return Err(ServiceError::invalid("requiredSlots", message));
        }
        let expires = self.expires_seconds.as_ref().map(|seconds| SignedDuration::from_secs(seconds.0.get().into()));
        Ok(NewCommand {
            id,
            server_id: server.clone(),
            any_of: Vec::new(),
            order_id: self.order.clone(),
            origin: None,
            kind: CommandKind::Manual,
            player: self.player.clone().map(|player| flux_shop::Player::from(player).into()),
            command: self.command.0.to_string(),
            values: BTreeMap::new(),
            require_online,
            delay_seconds: self.delay_seconds.0.get(),
            required_slots: self.required_slots.0.get(),
            expires_at: expires.map(|wait| now + wait),
        })
    }
}

/// A command in an answer.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Command)]
pub(crate) struct CommandOut {
    #[schema(value_type = String)]
    pub(crate) id: CommandId,
    #[schema(value_type = String)]
    pub(crate) server_id: ServerId,
    /// The servers among which it may move until it runs; empty for a command of one server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>, required = false)]
    any_of: Vec<ServerId>,
    #[schema(value_type = Option<String>)]
    order_id: Option<OrderId>,
    /// The package of the order that it belongs to.
    package_id: Option<String>,
    /// The event of the order that created it: its payment or its reversal.
    on: Option<Trigger>,
    /// The reward that it belongs to.
    grant_id: Option<String>,
    /// `purchase`, `referral` or `manual`.
    #[schema(value_type = String)]
    kind: CommandKind,
    #[schema(value_type = Option<PlayerJson>)]
    player: Option<PlayerRef>,
    /// The template, not filled in.
    command: String,
    values: BTreeMap<String, String>,
    sequence: u64,
    /// `pending`, `delivered`, `awaiting_player`, `completed`, `failed` or `cancelled`.
    #[schema(value_type = String)]
    pub(crate) status: &'static str,
    #[schema(value_type = u32)]
    pub(crate) attempt: Attempt,
    /// The reason of the last attempt's outcome.
    reason: Option<String>,
    /// The game's last answer: at most 1,024 characters.
    output: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) cancel_requested_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<HistoryOut>>,
    /// A sentence for each probable mistake in a command that was made by hand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<String>,
}

/// A row of a command's history.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = HistoryRow)]
pub(crate) struct HistoryOut {
    /// The time when the companion learned of it.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The status from then on.
    status: String,
    /// The attempt.
    attempt: u32,
    /// The reason.
    reason: Option<String>,
    /// The game's answer.
    output: Option<String>,
}

impl From<CommandView> for CommandOut {
    fn from(view: CommandView) -> CommandOut {
        let CommandView { command, history } = view;
        let (new, state) = (command.new, command.state);
        let by_hand = new.origin.is_none().then(|| flux_shop::ManualTemplate::from_stored(new.command.clone()));
        let warnings = by_hand.map(|template| template.warnings()).unwrap_or_default();
        let package = new.origin.as_ref().and_then(Origin::package);
        CommandOut {
            package_id: package.map(|(id, _)| id.to_string()),
            on: package.map(|(_, on)| Word(on)),
            grant_id: new.origin.as_ref().and_then(Origin::grant).map(GrantId::to_string),
            id: new.id,
            server_id: new.server_id,
            any_of: new.any_of,
            order_id: new.order_id,
            kind: new.kind,
            player: new.player,
            command: new.command,
            values: new.values,
            sequence: command.sequence,
            status: state.status.as_str(),
            attempt: state.attempt,
            reason: command.reason,
            output: command.output,
            cancel_requested_at: command.cancel_requested_at,
            next_attempt_at: state.next_attempt_at,
            expires_at: new.expires_at,
            created_at: command.created_at,
            updated_at: command.updated_at,
            history: history.map(|rows| rows.into_iter().map(HistoryOut::from).collect()),
            warnings,
        }
    }
}

impl From<HistoryEntry> for HistoryOut {
    fn from(entry: HistoryEntry) -> HistoryOut {
        let HistoryEntry { at, status, attempt, reason, output } = entry;
        HistoryOut { at, status, attempt, reason, output }
    }
}
