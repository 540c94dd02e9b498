//! Orders in JSON.

use super::CommandOut;
use crate::limits::LISTED_OBSTACLES;
use flux_protocol::{CommandId, OrderId};
use flux_rest::values::{
    Amount, Code, Currency, CustomerId, Delivery, Email, Label, OrderStatus, PackageId, PutStatus, Quantity, RefundId,
    SessionId,
};
use flux_rest::{ApiError, Checked, GivenTime, PlayerJson, Word, object, objects};
use flux_shop::{
    BlockedCommand, Command, CommandCounts, CommandView, LeftOut, Order, OrderContent, ReferralView, ServerStates,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `PUT /orders/{id}`. Amounts are whole numbers of the currency's minor units (cents).
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = OrderBody)]
pub(crate) struct OrderIn {
    /// The buyer.
    #[serde(deserialize_with = "object")]
    customer: CustomerJson,
    /// The player who gets the items.
    #[serde(deserialize_with = "object")]
    player: PlayerJson,
    /// 1 to 100 different packages.
    #[serde(deserialize_with = "objects")]
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<ItemJson>,
    /// The order's total.
    amount: Amount,
    /// The currency of the amount.
    currency: Currency,
    /// The referral code of the checkout.
    #[serde(default)]
    referral_code: Option<Code>,
    /// The checkout session in which it is paid: calls under `/referrals/attributions` may name the order by it.
    #[serde(default)]
    checkout_session_id: Option<SessionId>,
    /// `paid` if it is paid already.
    status: PutStatus,
    /// An order from before the companion was installed: it is recorded, and no commands are created.
    #[serde(default)]
    imported: bool,
    /// The time of the order, if that was not now.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<GivenTime>,
}

/// The customer of an order.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Customer)]
pub(crate) struct CustomerJson {
    /// The storefront's id.
    id: CustomerId,
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<Label>,
}

/// An item of an order: a number of units of one package.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = OrderItem)]
pub(crate) struct ItemJson {
    /// The package.
    package_id: PackageId,
    /// The number of units.
    quantity: Quantity,
}

/// The time of an event.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SaidBody)]
pub(crate) struct OccurredIn {
    /// The time, if that was not now.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) occurred_at: Option<GivenTime>,
}

/// A refund.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = RefundBody)]
pub(crate) struct RefundIn {
    /// The refunded amount in minor units; all that is left if absent. The whole amount of the order is a full refund,
    /// whatever was refunded before.
    #[serde(default)]
    pub(crate) refunded_amount: Option<Amount>,
    /// The payment provider's id of this refund: a refund counts once, however often it is sent. Without an id, two
    /// refunds of the same amount are treated as one.
    #[serde(default)]
    pub(crate) refund_id: Option<RefundId>,
    /// The time of the refund, if that was not now.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) occurred_at: Option<GivenTime>,
}

/// An order in an answer.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderView)]
pub(crate) struct OrderOut {
    #[serde(flatten)]
    pub(crate) order: OrderFacts,
    /// A sentence for each command that has not run or could not be made, for support staff, oldest command first; empty
    /// when all have run.
    obstacles: Vec<Obstacle>,
    /// Its commands, oldest first.
    pub(crate) commands: Vec<CommandOut>,
}

/// An order in a list: without its commands, which `GET /orders/{id}` has.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedOrder)]
pub(crate) struct ListedOrderOut {
    #[serde(flatten)]
    order: OrderFacts,
    /// The first 5 sentences of the order's obstacles.
    obstacles: Vec<Obstacle>,
}

/// An order without its commands.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderFacts)]
pub(crate) struct OrderFacts {
    /// The storefront's id.
    #[schema(value_type = String)]
    pub(crate) id: OrderId,
    /// The last status that the storefront gave it.
    status: OrderStatus,
    /// The progress of its commands.
    delivery: Delivery,
    /// The number of its commands by status.
    command_counts: CommandCountsOut,
    /// The buyer.
    customer: CustomerJson,
    /// The player who gets the items.
    player: PlayerJson,
    /// The items.
    items: Vec<ItemJson>,
    /// The order's total in minor units.
    amount: Amount,
    /// The currency of the amount.
    currency: Currency,
    /// The sum of its refunds.
    refunded_amount: Amount,
    /// The referral code of the checkout.
    referral_code: Option<Code>,
    /// The checkout session in which it is paid.
    checkout_session_id: Option<SessionId>,
    /// The decision of the referral rules; null if they do not apply to it.
    referral: Option<ReferralOut>,
    /// An order from before the companion was installed.
    imported: bool,
    /// The time of the order, if the storefront sent one.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Timestamp>,
    /// The time of each status.
    #[serde(flatten)]
    times: TimesOut,
    /// The time when the companion first got it.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The time of its last change.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// The number of an order's commands by status.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommandCounts)]
struct CommandCountsOut {
    /// Not yet in the agent's journal.
    pending: u64,
    /// In the agent's journal.
    delivered: u64,
    /// Waiting for their player.
    awaiting_player: u64,
    /// Ran.
    completed: u64,
    /// Failed.
    failed: u64,
    /// Cancelled before they ran.
    cancelled: u64,
}

impl From<CommandCounts> for CommandCountsOut {
    fn from(counts: CommandCounts) -> CommandCountsOut {
        let CommandCounts { pending, delivered, awaiting_player, completed, failed, cancelled } = counts;
        CommandCountsOut { pending, delivered, awaiting_player, completed, failed, cancelled }
    }
}

/// The reason why a command has not run.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Obstacle {
    /// The command; null for one that could not be made.
    #[schema(value_type = Option<String>)]
    command_id: Option<CommandId>,
    /// A sentence.
    text: String,
}

impl From<BlockedCommand> for Obstacle {
    fn from(BlockedCommand { command_id, text }: BlockedCommand) -> Obstacle {
        Obstacle { command_id: Some(command_id), text }
    }
}

impl From<LeftOut> for Obstacle {
    fn from(LeftOut { package, server }: LeftOut) -> Obstacle {
        let text = format!(
            "the package {package} has commands for {server}, which was removed: nothing is given there; change the package, \
             then make the command by hand with this order's id"
        );
        Obstacle { command_id: None, text }
    }
}

/// The decision of the referral rules about an order.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReferralView)]
struct ReferralOut {
    /// The attribution that it was evaluated for.
    attribution_id: Option<String>,
    /// `bound`: its code was taken, and it is not paid yet. `refused`: it earns nothing, for the reason. Else the order made
    /// the attribution qualify, and this is the attribution's status: `qualified`, `rewarded` or `voided`.
    decision: String,
    /// The reason.
    reason: Option<String>,
}

/// The time of each status of an order: its `occurredAt`, or the time of the call. Each is kept whatever comes after it.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderTimes)]
struct TimesOut {
    /// Paid.
    #[schema(value_type = Option<String>, format = DateTime)]
    paid_at: Option<Timestamp>,
    /// Completed.
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Timestamp>,
    /// Called off.
    #[schema(value_type = Option<String>, format = DateTime)]
    cancelled_at: Option<Timestamp>,
    /// Refunded in full.
    #[schema(value_type = Option<String>, format = DateTime)]
    refunded_at: Option<Timestamp>,
    /// Charged back.
    #[schema(value_type = Option<String>, format = DateTime)]
    charged_back_at: Option<Timestamp>,
    /// Its customer and player were anonymised.
    #[schema(value_type = Option<String>, format = DateTime)]
    anonymised_at: Option<Timestamp>,
}

impl OrderIn {
    /// The order to save.
    ///
    /// # Errors
    /// 422 for an order from the future.
    pub(crate) fn into_content(self, now: Timestamp) -> Result<OrderContent, ApiError> {
        Ok(OrderContent {
            customer: self.customer.into(),
            player: self.player.into(),
            items: self.items.into_iter().map(Into::into).collect(),
            amount: self.amount.0,
            currency: self.currency.0,
            referral_code: self.referral_code.map(|code| code.0),
            checkout_session: self.checkout_session_id.map(|session| session.0),
            status: self.status.0,
            imported: self.imported,
            occurred_at: self.occurred_at.map(|at| at.happened_by(now, "occurredAt")).transpose()?,
        })
    }
}

impl OrderOut {
    /// An order with its commands; `servers` are the servers of those.
    pub(crate) fn new(
        order: Order,
        commands: Vec<CommandView>,
        servers: &ServerStates,
        referral: Option<ReferralView>,
    ) -> OrderOut {
        let counts = commands.iter().map(|command| command.command.state.status).collect();
        let obstacles = obstacles(&order, commands.iter().map(|command| &command.command), servers);
        OrderOut {
            obstacles: obstacles.collect(),
            order: OrderFacts::new(order, counts, referral),
            commands: commands.into_iter().map(CommandOut::from).collect(),
        }
    }
}

impl ListedOrderOut {
    /// An order without its commands; `first` are the first of them that have not run, and `servers` are the servers of
    /// those.
    pub(crate) fn new(
        order: Order,
        counts: CommandCounts,
        first: &[Command],
        servers: &ServerStates,
        referral: Option<ReferralView>,
    ) -> ListedOrderOut {
        let obstacles = obstacles(&order, first.iter(), servers).take(LISTED_OBSTACLES).collect();
        ListedOrderOut { obstacles, order: OrderFacts::new(order, counts, referral) }
    }
}

/// The reasons why these commands of an order have not run, after those that could not be made.
fn obstacles<'a>(
    order: &Order,
    commands: impl Iterator<Item = &'a Command>,
    servers: &ServerStates,
) -> impl Iterator<Item = Obstacle> {
    let blocked = flux_shop::blocked_by(commands, servers).into_iter().map(Obstacle::from);
    order.left_out.clone().into_iter().map(Obstacle::from).chain(blocked)
}

impl OrderFacts {
    fn new(order: Order, counts: CommandCounts, referral: Option<ReferralView>) -> OrderFacts {
        let delivery = counts.delivery(!order.left_out.is_empty());
        let (content, times) = (order.content, order.times);
        OrderFacts {
            id: order.id,
            status: Word(order.status),
            delivery: Word(delivery),
            command_counts: counts.into(),
            customer: content.customer.into(),
            player: content.player.into(),
            items: content.items.into_iter().map(Into::into).collect(),
            amount: Checked(content.amount),
            currency: Checked(content.currency),
            refunded_amount: Checked(order.refunded_amount),
            referral_code: content.referral_code.map(Checked),
            checkout_session_id: content.checkout_session.map(Checked),
            referral: referral.map(|referral| ReferralOut {
                attribution_id: referral.attribution_id,
                decision: referral.decision,
                reason: referral.reason,
            }),
            imported: content.imported,
            occurred_at: content.occurred_at,
            times: TimesOut {
                paid_at: times.paid_at,
                completed_at: times.completed_at,
                cancelled_at: times.cancelled_at,
                refunded_at: times.refunded_at,
                charged_back_at: times.charged_back_at,
                anonymised_at: times.anonymised_at,
            },
            created_at: order.created_at,
            updated_at: order.updated_at,
        }
    }
}

impl From<CustomerJson> for flux_shop::OrderCustomer {
    fn from(customer: CustomerJson) -> flux_shop::OrderCustomer {
        let (email, name) = (customer.email.map(|email| email.0), customer.name.map(|name| name.0));
        flux_shop::OrderCustomer { id: customer.id.0, email, name }
    }
}

impl From<flux_shop::OrderCustomer> for CustomerJson {
    fn from(customer: flux_shop::OrderCustomer) -> CustomerJson {
        let (email, name) = (customer.email.map(Checked), customer.name.map(Checked));
        CustomerJson { id: Checked(customer.id), email, name }
    }
}

impl From<ItemJson> for flux_shop::OrderItem {
    fn from(item: ItemJson) -> flux_shop::OrderItem {
        flux_shop::OrderItem { package_id: item.package_id.0, quantity: item.quantity.0 }
    }
}

impl From<flux_shop::OrderItem> for ItemJson {
    fn from(item: flux_shop::OrderItem) -> ItemJson {
        ItemJson { package_id: Checked(item.package_id), quantity: Checked(item.quantity) }
    }
}
