//! The API's views of links, grants, attributions and quotes.

use super::{BenefitBody, ChannelDto, SideDto, StatusDto, TriggerDto};
use jiff::Timestamp;
use serde::Serialize;

/// A customer's link.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkView {
    /// The id.
    pub id: String,
    /// The code.
    pub code: String,
    /// The full address.
    pub url: String,
    /// The customer who owns the link.
    pub customer_id: String,
    /// The time of creation.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The number of counted clicks.
    pub clicks: i64,
}

/// A reward of one side: scheduled, issued or skipped.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrantView {
    /// The id.
    pub id: String,
    /// The rewarded side.
    pub side: SideDto,
    /// The event that earns the reward.
    pub trigger: TriggerDto,
    /// The rewarded customer.
    pub customer_id: String,
    /// The benefit besides commands.
    pub benefit: Option<BenefitBody>,
    /// `scheduled`, `issued`, `used`, `expired`, `revoked` or `cancelled`.
    pub status: String,
    /// The due time, once known.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// The time of issue.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Timestamp>,
    /// The last moment at which the reward can be used.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// The id of the discount code.
    pub discount_id: Option<String>,
    /// The discount code.
    pub code: Option<String>,
    /// The combined state of the reward's commands: `none`, `blocked_no_player`, `failed`, `awaiting_player`, `queued`, `partial`, `delivered` or `cancelled`.
    pub delivery: String,
    /// Removed servers that its commands named: there is no command for them, which counts as a failed one.
    pub left_out: Vec<String>,
    /// The reason for a skipped reward.
    pub skip_reason: Option<String>,
    /// The reason for a reward that was taken back or never given: that of the reversal, or of the skip.
    pub reason: Option<String>,
}

/// A referral: the referrer, the referee, and the result.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttributionView {
    /// The id.
    pub id: String,
    /// The status.
    pub status: StatusDto,
    /// The reason for a void, or for an order without a reward.
    pub reason: Option<String>,
    /// The channel through which the referee arrived.
    #[serde(rename = "door")]
    pub channel: ChannelDto,
    /// The code of the link.
    pub link_code: String,
    /// The referrer.
    pub referrer_customer_id: String,
    /// The referee.
    pub referee_customer_id: String,
    /// The order that qualified the referral.
    pub order_id: Option<String>,
    /// The checkout session that the signup named, or that of the order if it has another id than the order.
    pub checkout_session_id: Option<String>,
    /// The price of the order, in minor units.
    pub amount: Option<i64>,
    /// The currency of the order.
    pub currency: Option<String>,
    /// The time of the referee's click.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub click_at: Option<Timestamp>,
    /// The time of the bind.
    #[schema(value_type = String, format = DateTime)]
    pub bound_at: Timestamp,
    /// The time of the referee's registration.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub registered_at: Option<Timestamp>,
    /// The last moment at which an order counts.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Reserved for later versions; an empty list.
    pub flags: Vec<String>,
    /// The combined state of the commands of all rewards.
    pub delivery: String,
    /// The rewards.
    pub grants: Vec<GrantView>,
}

/// The price of a cart with a discount.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuoteView {
    /// The discount, in minor units.
    pub discount: i64,
    /// The remaining price, in minor units.
    pub total: i64,
    /// The id of the applied discount.
    pub discount_id: Option<String>,
    /// The applied code.
    pub code: Option<String>,
    /// True if shipping is free.
    pub free_shipping: bool,
    /// The reason for no discount.
    pub reason: Option<String>,
    /// With the reason `below_minimum`: the amount that the order lacks, in minor units.
    pub missing: Option<i64>,
    /// The last moment at which the applied code can be used, to the second.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Only in answers to `redeem`: false if no event has named this order so far. The code is used up all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_known: Option<bool>,
}

/// A discount code that was given back.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleasedView {
    /// The customer who owns the code.
    pub customer_id: String,
    /// The id of the discount.
    pub discount_id: Option<String>,
    /// The code.
    pub code: Option<String>,
    /// The status now: `issued`, or `expired` or `revoked` if that happened meanwhile.
    pub status: String,
    /// The last moment at which the code can be used.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// Builds the answer for an attribution. A deadline that has passed counts even if no sweep has stored it yet.
pub fn attribution_view(
    row: &flux_referral_rules::Attribution,
    reason: Option<flux_referral_rules::Reason>,
    session: Option<&flux_shop::SessionId>,
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
        checkout_session_id: session.map(ToString::to_string),
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
