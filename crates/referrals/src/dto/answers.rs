use super::{BenefitBody, ChannelDto, SideDto, StatusDto, TriggerDto};
use jiff::Timestamp;
use serde::Serialize;

/// A customer's link.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkView {
    /// Its id.
    pub id: String,
    /// The code.
    pub code: String,
    /// The whole address.
    pub url: String,
    /// Whose.
    pub customer_id: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Counted clicks.
    pub clicks: i64,
}

/// A reward that somebody was given, is to be given, or was not given and why.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrantView {
    /// Its id.
    pub id: String,
    /// Whose.
    pub side: SideDto,
    /// For what.
    pub trigger: TriggerDto,
    /// Who is rewarded.
    pub customer_id: String,
    /// What is given, beside commands.
    pub benefit: Option<BenefitBody>,
    /// `scheduled`, `issued`, `used`, `expired`, `revoked` or `cancelled`.
    pub status: String,
    /// When it is to be issued, where that is known.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// When it was issued.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Timestamp>,
    /// The last moment at which it can be used.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Of its discount code.
    pub discount_id: Option<String>,
    /// Its discount code.
    pub code: Option<String>,
    /// Whether its commands have run: `none`, `blocked_no_player`, `failed`, `awaiting_player`, `queued`, `partial`, `delivered` or `cancelled`.
    pub delivery: String,
    /// Why it was not given.
    pub skip_reason: Option<String>,
}

/// Who brought whom, and what came of it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttributionView {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub status: StatusDto,
    /// Why it was undone, or why an order has earned nothing.
    pub reason: Option<String>,
    /// How the friend came in.
    #[serde(rename = "door")]
    pub channel: ChannelDto,
    /// The code of the link.
    pub link_code: String,
    /// Who brought the friend.
    pub referrer_customer_id: String,
    /// The friend.
    pub referee_customer_id: String,
    /// The order that counts.
    pub order_id: Option<String>,
    /// What it cost, in minor units.
    pub amount: Option<i64>,
    /// Its currency.
    pub currency: Option<String>,
    /// When the friend clicked.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub click_at: Option<Timestamp>,
    /// When the friend was bound.
    #[schema(value_type = String, format = DateTime)]
    pub bound_at: Timestamp,
    /// When the friend registered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub registered_at: Option<Timestamp>,
    /// The last moment at which an order counts.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Nothing yet.
    pub flags: Vec<String>,
    /// Whether all its rewards' commands have run.
    pub delivery: String,
    /// Its rewards.
    pub grants: Vec<GrantView>,
}

/// What a discount comes to.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuoteView {
    /// What comes off, in minor units.
    pub discount: i64,
    /// What is left to pay.
    pub total: i64,
    /// By which discount.
    pub discount_id: Option<String>,
    /// Its code.
    pub code: Option<String>,
    /// Whether the shipping is free.
    pub free_shipping: bool,
    /// Why nothing comes off.
    pub reason: Option<String>,
}

/// An attribution as it is answered at this moment: what a sweep wrote down stands, and what it has not seen yet is told all the same.
pub fn attribution_view(
    row: &flux_referral_rules::Attribution,
    reason: Option<flux_referral_rules::Reason>,
    delivery: flux_referral_rules::Delivery,
    grants: Vec<GrantView>,
    now: Timestamp,
) -> AttributionView {
    use flux_referral_rules::Status;
    let status = if row.status == Status::Expired { row.status } else { row.status_at(now) };
    let purchase = row.purchase.as_ref();
    AttributionView {
        id: row.id.to_string(),
        status: status.into(),
        reason: status.reason().or(reason).map(|reason| reason.to_string()),
        channel: row.channel.into(),
        link_code: row.code.to_string(),
        referrer_customer_id: row.referrer.to_string(),
        referee_customer_id: row.referee.to_string(),
        order_id: purchase.map(|purchase| purchase.order.to_string()),
        amount: purchase.map(|purchase| purchase.amount.amount()),
        currency: purchase.map(|purchase| purchase.amount.currency().to_string()),
        click_at: row.clicked_at,
        bound_at: row.bound_at,
        registered_at: row.registered_at,
        expires_at: row.expires_at,
        flags: Vec::new(),
        delivery: delivery.to_string(),
        grants,
    }
}
