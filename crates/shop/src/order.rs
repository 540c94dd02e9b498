use super::object::{object, objects};
use super::{
    Amount, Code, CommandView, Currency, CustomerId, Delivery, Email, Label, Obstacle, PackageId, PlayerName,
    PlayerUuid, Quantity, ServerStates, Trigger, obstacles,
};
use flux_protocol::{OrderId, PlayerRef};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `PUT /orders/{id}`. Amounts are whole numbers of the currency's minor units (cents).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderBody {
    /// Who pays.
    #[serde(deserialize_with = "object")]
    pub customer: Customer,
    /// Who gets it.
    #[serde(deserialize_with = "object")]
    pub player: Player,
    /// What: 1 to 100 different packages.
    #[serde(deserialize_with = "objects")]
    #[schema(min_items = 1, max_items = 100)]
    pub items: Vec<OrderItem>,
    /// What the order costs in all.
    pub amount: Amount,
    /// Its currency.
    pub currency: Currency,
    /// The referral code of the checkout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral_code: Option<Code>,
    /// Whether it is paid already.
    pub status: PutStatus,
    /// An order from before the companion's time: recorded, and no commands are made.
    #[serde(default)]
    pub imported: bool,
    /// When it happened, where that was not now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Timestamp>,
}

impl OrderBody {
    /// The same order whatever its status: what a repeated PUT is compared by.
    #[must_use]
    pub fn without_status(self) -> OrderBody {
        OrderBody { status: PutStatus::Created, ..self }
    }
}

/// What a PUT may say of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PutStatus {
    /// Not paid yet.
    Created,
    /// Paid.
    Paid,
}

/// A customer as the storefront knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// The storefront's id.
    pub id: CustomerId,
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Label>,
}

/// A player as the buyer typed them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Player {
    /// The name.
    pub name: PlayerName,
    /// The UUID, where the storefront knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<PlayerUuid>,
}

impl From<Player> for PlayerRef {
    fn from(player: Player) -> PlayerRef {
        PlayerRef { name: player.name.into(), uuid: player.uuid.map(Into::into) }
    }
}

/// So many of one package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderItem {
    /// Which package.
    pub package_id: PackageId,
    /// How many.
    pub quantity: Quantity,
}

/// What the storefront said last of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    /// Not paid yet.
    Created,
    /// Paid; its commands are made.
    Paid,
    /// Done with, by the storefront's word.
    Completed,
    /// Called off.
    Cancelled,
    /// Paid back in full.
    Refunded,
    /// Taken back by the buyer's bank.
    Chargeback,
}

impl OrderStatus {
    const ALL: [OrderStatus; 6] =
        [Self::Created, Self::Paid, Self::Completed, Self::Cancelled, Self::Refunded, Self::Chargeback];

    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Paid => "paid",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
            Self::Chargeback => "chargeback",
        }
    }

    /// The status that this word names.
    pub fn from_word(word: &str) -> Option<OrderStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// An order as it is kept.
#[derive(Debug, Clone)]
pub struct Order {
    /// The storefront's id.
    pub id: OrderId,
    /// What was put, without its status.
    pub body: OrderBody,
    /// What the storefront said last.
    pub status: OrderStatus,
    /// What was paid back so far.
    pub refunded_amount: Amount,
    /// When the storefront's words came true.
    pub times: OrderTimes,
    /// When it came.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// When each of the storefront's words came true: its `occurredAt`, or when it was said. Each is kept for good, whatever
/// came after it.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderTimes {
    /// Paid.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paid_at: Option<Timestamp>,
    /// Completed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub completed_at: Option<Timestamp>,
    /// Called off.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub cancelled_at: Option<Timestamp>,
    /// Paid back in full.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub refunded_at: Option<Timestamp>,
    /// Charged back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub charged_back_at: Option<Timestamp>,
    /// Its customer and player were forgotten.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub anonymised_at: Option<Timestamp>,
}

impl OrderTimes {
    /// Whether what was bought is not to be delivered any more.
    pub fn is_revoked(&self) -> bool {
        self.cancelled_at.or(self.refunded_at).or(self.charged_back_at).is_some()
    }

    /// The triggers of the packages' reversals: refund, chargeback, both or none.
    pub fn reversals(&self) -> Vec<Trigger> {
        let refund = self.refunded_at.map(|_| Trigger::Refund);
        refund.into_iter().chain(self.charged_back_at.map(|_| Trigger::Chargeback)).collect()
    }
}

/// An order as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    /// The storefront's id.
    #[schema(value_type = String)]
    pub id: OrderId,
    /// What the storefront said last.
    pub status: OrderStatus,
    /// Whether its commands ran.
    pub delivery: Delivery,
    /// What stands in the way of its commands, in words for support staff, the oldest command's first; empty when all have run.
    pub obstacles: Vec<Obstacle>,
    /// Who pays.
    pub customer: Customer,
    /// Who gets it.
    pub player: Player,
    /// What.
    pub items: Vec<OrderItem>,
    /// What it costs, in minor units.
    pub amount: Amount,
    /// Its currency.
    pub currency: Currency,
    /// What was paid back so far.
    pub refunded_amount: Amount,
    /// The referral code of the checkout.
    pub referral_code: Option<Code>,
    /// What the referral rules say of it; null if it has nothing to do with them.
    pub referral: Option<ReferralView>,
    /// From before the companion's time.
    pub imported: bool,
    /// When it happened, where that was said.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Timestamp>,
    /// When each word of the storefront came true.
    #[serde(flatten)]
    pub times: OrderTimes,
    /// What it made, in order.
    pub commands: Vec<CommandView>,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl OrderBody {
    /// Whether this is what the storefront says again. A code that was replaced when its owner was forgotten is the one that it says.
    pub fn is_as_told(&self, again: &OrderBody) -> bool {
        let is_forgotten = self.referral_code.as_ref().is_some_and(|code| crate::is_anonymous_code(code.as_str()));
        match again.referral_code {
            Some(_) if is_forgotten => {
                OrderBody { referral_code: self.referral_code.clone(), ..again.clone() } == *self
            }
            _ => self == again,
        }
    }
}

/// What the referral rules say of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferralView {
    /// For which attribution it was weighed.
    pub attribution_id: Option<String>,
    /// `bound`: its code was taken, and it is not paid yet. `refused`: it earns nothing, for the reason. Else it made the
    /// attribution qualify, and this is where that is: `qualified`, `rewarded` or `voided`.
    pub decision: String,
    /// Why.
    pub reason: Option<String>,
}

impl OrderView {
    /// An order with what it made; `servers` are those of its commands.
    pub fn new(
        order: Order,
        commands: Vec<CommandView>,
        servers: &ServerStates,
        referral: Option<ReferralView>,
    ) -> OrderView {
        let Order { id, body, status, refunded_amount, times, created_at, updated_at } = order;
        let obstacles = obstacles(commands.iter().map(|command| &command.command), servers);
        let delivery = super::delivery(commands.iter().map(|command| command.command.state.status));
        let OrderBody { customer, player, items, amount, currency, referral_code, imported, occurred_at, .. } = body;
        OrderView {
            id,
            status,
            delivery,
            obstacles,
            customer,
            player,
            items,
            amount,
            currency,
            refunded_amount,
            referral_code,
            referral,
            imported,
            occurred_at,
            times,
            commands,
            created_at,
            updated_at,
        }
    }
}
