//! Orders, their customers, players and items.

use super::{
    Amount, Code, Currency, CustomerId, Email, Label, LeftOut, PackageId, PlayerName, PlayerUuid, Quantity, SessionId,
    Trigger,
};
use flux_protocol::{OrderId, PlayerRef};
use jiff::Timestamp;

/// The content of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderContent {
    /// The buyer.
    pub customer: OrderCustomer,
    /// The player who gets the items.
    pub player: Player,
    /// 1 to 100 different packages.
    pub items: Vec<OrderItem>,
    /// The total in the currency's minor units (cents).
    pub amount: Amount,
    /// Its currency.
    pub currency: Currency,
    /// The referral code of the checkout.
    pub referral_code: Option<Code>,
    /// The checkout session in which it is paid, by which referral events may name it.
    pub checkout_session: Option<SessionId>,
    /// `Paid` if it is paid already.
    pub status: PutStatus,
    /// An order from before the companion was installed: it is recorded, and no commands are created.
    pub imported: bool,
    /// The time of the order, if the storefront sent one.
    pub occurred_at: Option<Timestamp>,
}

impl OrderContent {
    /// The same content with the status `created`, for comparing a repeated PUT.
    #[must_use]
    pub fn without_status(self) -> OrderContent {
        OrderContent { status: PutStatus::Created, ..self }
    }
}

string_enum! {
    /// The status of an order in a PUT.
    pub enum PutStatus {
        /// Not paid yet.
        Created = "created",
        /// Paid.
        Paid = "paid",
    }
}

/// The customer of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderCustomer {
    /// The storefront's id.
    pub id: CustomerId,
    /// The e-mail address.
    pub email: Option<Email>,
    /// The name.
    pub name: Option<Label>,
}

/// A player as the buyer typed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    /// The name.
    pub name: PlayerName,
    /// The UUID, if the storefront knows it.
    pub uuid: Option<PlayerUuid>,
}

impl From<Player> for PlayerRef {
    fn from(player: Player) -> PlayerRef {
        PlayerRef { name: player.name.into(), uuid: player.uuid.map(Into::into) }
    }
}

/// A number of units of one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderItem {
    /// The package.
    pub package_id: PackageId,
    /// The number of units.
    pub quantity: Quantity,
}

string_enum! {
    /// The last status that the storefront gave an order.
    pub enum OrderStatus {
        /// Not paid yet.
        Created = "created",
        /// Paid; its commands exist.
        Paid = "paid",
        /// The storefront has finished with it.
        Completed = "completed",
        /// Called off.
        Cancelled = "cancelled",
        /// Refunded in full.
        Refunded = "refunded",
        /// The buyer's bank took the money back.
        Chargeback = "chargeback",
    }
}

/// An order.
#[derive(Debug, Clone)]
pub struct Order {
    /// The storefront's id.
    pub id: OrderId,
    /// The content, with the status `created`.
    pub content: OrderContent,
    /// The last status that the storefront gave it.
    pub status: OrderStatus,
    /// The sum of its refunds.
    pub refunded_amount: Amount,
    /// Removed servers for which its packages have commands and it has none.
    pub left_out: Vec<LeftOut>,
    /// The time of each status.
    pub times: OrderTimes,
    /// The time when the companion first got it.
    pub created_at: Timestamp,
    /// The time of its last change.
    pub updated_at: Timestamp,
}

/// The time of each status: the call's `occurredAt`, or the time of the call. Each is kept whatever comes after it.
#[derive(Debug, Clone, Default)]
pub struct OrderTimes {
    /// Paid.
    pub paid_at: Option<Timestamp>,
    /// Completed.
    pub completed_at: Option<Timestamp>,
    /// Called off.
    pub cancelled_at: Option<Timestamp>,
    /// Refunded in full.
    pub refunded_at: Option<Timestamp>,
    /// Charged back.
    pub charged_back_at: Option<Timestamp>,
    /// Its customer and player were anonymised.
    pub anonymised_at: Option<Timestamp>,
}

impl OrderTimes {
    /// True if its items must not be delivered any more.
    pub fn is_revoked(&self) -> bool {
        self.cancelled_at.or(self.refunded_at).or(self.charged_back_at).is_some()
    }

    /// The triggers of the packages' reversals, in the order in which they apply. A package is taken back once: by the
    /// commands of the first trigger for which it has any.
    pub fn reversals(&self) -> Vec<Trigger> {
        let refund = self.refunded_at.map(|_| Trigger::Refund);
        refund.into_iter().chain(self.charged_back_at.map(|_| Trigger::Chargeback)).collect()
    }
}

impl OrderContent {
    /// True if a repeated PUT has the same content. A stored code that was replaced when its owner was anonymised equals any code.
    pub fn is_same_content(&self, again: &OrderContent) -> bool {
        let is_forgotten = self.referral_code.as_ref().is_some_and(|code| crate::is_anonymous_code(code.as_str()));
        match again.referral_code {
            Some(_) if is_forgotten => {
                OrderContent { referral_code: self.referral_code.clone(), ..again.clone() } == *self
            }
            _ => self == again,
        }
    }
}

/// The decision of the referral rules about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferralView {
    /// The attribution that it was evaluated for.
    pub attribution_id: Option<String>,
    /// `bound`, `refused`, or the status of the attribution that it made qualify: `qualified`, `rewarded` or `voided`.
    pub decision: String,
    /// The reason.
    pub reason: Option<String>,
}
