//! Retries and corrections in JSON.

use super::OrderOut;
use crate::services::corrections::Moved;
use crate::services::retries::{BulkRetried, BulkRetry};
use flux_delivery::command::CommandStatus;
use flux_protocol::{CommandId, ServerId};
use flux_rest::values::{PackageId, PlayerName, RetryAs};
use flux_rest::{ApiError, PlayerJson, after_place, cursor_at, object};
use flux_storage::commands::FailedFilter;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `POST /commands/{id}/retry`.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RetryBody)]
pub(crate) struct RetryIn {
    /// The text that is sent, `sold` by default.
    #[serde(default, rename = "as")]
    pub(crate) text: RetryAs,
}

/// `POST /commands/{id}/settle`.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettleBody)]
pub(crate) struct SettleIn {
    /// True if the player has what the command gives.
    pub(crate) given: bool,
}

/// The change that `POST /commands/bulk` makes.
#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BulkAction)]
pub(crate) enum BulkAction {
    /// Retry failed commands.
    Retry,
}

/// `POST /commands/bulk`.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = BulkBody)]
pub(crate) struct BulkIn {
    /// The change.
    action: BulkAction,
    /// The text that is sent, `sold` by default.
    #[serde(default, rename = "as")]
    text: RetryAs,
    /// The failed commands that are meant. Each given condition must hold.
    #[serde(deserialize_with = "object")]
    filter: BulkFilter,
    /// `matched` of the answer without it. Without it, nothing is changed.
    #[serde(default)]
    expect: Option<u64>,
    /// True to retry the uncertain ones as well: they may have run, and would run twice.
    #[serde(default)]
    includes_uncertain: bool,
    /// `nextCursor` of the answer before.
    #[serde(default)]
    cursor: Option<String>,
}

/// The failed commands of a bulk call.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkFilter {
    /// A server's id.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    server: Option<ServerId>,
    /// A package's id.
    #[serde(default)]
    package: Option<PackageId>,
    /// A player's name, in any case.
    #[serde(default)]
    player: Option<PlayerName>,
    /// A reason of `failed`, such as `rejected_by_game`.
    #[serde(default)]
    reason: Option<String>,
    /// Created at this time or later.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Created before this time.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

impl BulkIn {
    /// The retry that it asks for.
    ///
    /// # Errors
    /// 422 for an unknown reason or cursor.
    pub(crate) fn into_retry(self) -> Result<BulkRetry, ApiError> {
        let BulkFilter { server, package, player, reason, from, to } = self.filter;
        if reason.as_deref().is_some_and(|word| CommandStatus::parse("failed", Some(word)).is_none()) {
            return Err(ApiError::value("filter.reason", "is no reason of a failed command"));
        }
        let BulkAction::Retry = self.action;
        Ok(BulkRetry {
            filter: FailedFilter {
                server,
                package: package.map(|id| id.0),
                player: player.map(|name| name.0.into()),
                reason,
                from,
                to,
                with_uncertain: self.includes_uncertain,
            },
            text: self.text.0,
            expect: self.expect,
            after: after_place(self.cursor.as_deref())?,
        })
    }
}

/// The answer to `POST /commands/bulk`.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BulkResult)]
pub(crate) struct BulkOut {
    /// Commands that match now, from the cursor on.
    pub(crate) matched: u64,
    /// Commands that run again. 0 without `expect`.
    pub(crate) done: u64,
    /// Commands of this call that cannot run again.
    pub(crate) skipped: Vec<SkippedOut>,
    /// Send it as `cursor` for the commands that follow; null if this call had the last one.
    next_cursor: Option<String>,
}

/// A command that cannot run again.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = SkippedCommand)]
pub(crate) struct SkippedOut {
    #[schema(value_type = String)]
    pub(crate) id: CommandId,
    /// The reason as a sentence.
    pub(crate) why: String,
}

impl From<BulkRetried> for BulkOut {
    fn from(result: BulkRetried) -> BulkOut {
        let BulkRetried { matched, done, skipped, next_after } = result;
        let skipped = skipped.into_iter().map(|(id, why)| SkippedOut { id, why }).collect();
        BulkOut { matched, done, skipped, next_cursor: next_after.map(cursor_at) }
    }
}

/// `POST /orders/{id}/player`.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderPlayerBody)]
pub(crate) struct OrderPlayerIn {
    /// The right player.
    #[serde(deserialize_with = "object")]
    pub(crate) player: PlayerJson,
}

/// An order whose player was corrected.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OrderPlayerView)]
pub(crate) struct OrderPlayerOut {
    #[serde(flatten)]
    pub(crate) order: OrderOut,
    /// Commands that now go to the right player.
    #[schema(value_type = Vec<String>)]
    moved: Vec<CommandId>,
    /// Commands that an agent may have: they go to the right player once it has answered that they did not run.
    #[schema(value_type = Vec<String>)]
    waiting: Vec<CommandId>,
    /// Commands that ran for the old player, or may have.
    #[schema(value_type = Vec<String>)]
    stayed: Vec<CommandId>,
}

impl OrderPlayerOut {
    pub(crate) fn new(order: OrderOut, Moved { moved, waiting, stayed }: Moved) -> OrderPlayerOut {
        OrderPlayerOut { order, moved, waiting, stayed }
    }
}
