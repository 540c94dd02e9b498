//! Reads for customers and owners: the panel, statistics, and the leaderboard.

use super::UnitOfWork;
use super::links::issue_link;
use super::mail_values::share_values;
use crate::Error;
use crate::ReferralContext;
use crate::dto::{BenefitBody, GrantView, LinkView, Period, ProgramDoc, RuleView, SharedView, TimingBody};
use crate::limits;
use crate::storage::grants::{self as grant_rows, Shown};
use crate::storage::{ledger, stats as stats_repo};
use flux_referral_rules::{
    CustomerId, Days, Language, Reason, Rule, Side, Tier, Trigger, Unit, effective, reward_in_words, store_day,
};
use flux_shop::Audit;
use flux_storage::Tx;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;

/// A customer's view of the program.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SummaryView {
    /// The name of the rule in effect.
    pub rule_name: String,
    /// The link.
    pub link: LinkView,
    /// The code; null while no channel accepts codes.
    pub code: Option<String>,
    /// True if any channel accepts typed codes.
    pub code_enabled: bool,
    /// The terms.
    pub terms: Option<String>,
    /// The rewards of the rule, for both sides.
    pub gives: PromisesView,
    /// The limits of the rule and the program.
    pub limits: LimitsView,
    /// The time at which the customer is rewarded for a friend's order.
    pub order_timing: TimingBody,
    /// The texts to share.
    pub share: SharedView,
    /// The balance of points.
    pub points: i64,
    /// The balances of store credit.
    pub credit: Vec<Balance>,
    /// The rewards, newest first; at most 100.
    pub rewards: Vec<GrantView>,
    /// The rewards that were taken back or never given, newest first, each with its `reason`; at most 100.
    pub lost_rewards: Vec<GrantView>,
}

/// The rewards that a rule promises.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PromisesView {
    /// For the customer who invites.
    pub referrer: SidePromisesView,
    /// For the friend.
    pub referee: SidePromisesView,
}

/// The rewards that a rule promises to one side; null where there is none.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SidePromisesView {
    /// For the friend's registration.
    pub registration: Option<PromiseView>,
    /// For the friend's first order that counts.
    pub first_order: Option<PromiseView>,
}

/// One promised reward.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PromiseView {
    /// The benefit; null for commands alone.
    pub benefit: Option<BenefitBody>,
    /// The reward in words, such as "10 % off", in the language of the mails.
    pub words: String,
}

/// The limits under which rewards are given; null where there is none.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LimitsView {
    /// The smallest order that counts, in minor units of `currency`; 0 for none.
    pub min_purchase_amount: i64,
    /// The currency of the smallest order.
    pub currency: Option<String>,
    /// The number of registrations that are rewarded on one day.
    pub daily_registration_limit: Option<i64>,
    /// The number of days after the registration in which the friend's order counts.
    pub order_valid_days: Option<i64>,
    /// The number of days after the click in which the friend's order counts.
    pub attribution_window_days: Option<i64>,
    /// The number of rewards that the customer can get in all.
    pub max_rewards_per_referrer: Option<i64>,
}

/// A balance of store credit in one currency.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Balance {
    /// The currency.
    pub currency: String,
    /// The balance, in minor units.
    pub balance: i64,
}

/// Statistics of the program.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatsView {
    active_links: i64,
    clicks: ClickStats,
    attributions: Funnel,
    /// The revenue of rewarded referrals, minus refunds.
    revenue: Vec<Revenue>,
    referrals: Referrals,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct ClickStats {
    total: i64,
    /// The counted clicks of the last 30 days, whatever range was requested.
    last30_days: i64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Funnel {
    pending: i64,
    qualified: i64,
    rewarded: i64,
    voided: i64,
    expired: i64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Revenue {
    currency: String,
    amount: i64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Referrals {
    total: i64,
    /// Those with an order that counts, or with a registration where a rule rewards only that.
    successful: i64,
    /// Those whose registration was rewarded, whether an order came or not.
    registered: i64,
}

/// A referrer on the leaderboard.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Leader {
    customer_id: String,
    name: Option<String>,
    /// The number of successful referrals.
    successful: i64,
    /// The number of friends whose registration was rewarded.
    registered: i64,
    /// The bind time of the latest referral among both.
    #[schema(value_type = String, format = DateTime)]
    last_at: Timestamp,
}

/// `GET /customers/{id}/panel`. Issues the customer's link if there is none.
pub fn summary(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, id: &CustomerId) -> Result<SummaryView, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let referrer = work.referrer(id)?;
    let rule = effective(&work.store()?, &referrer).cloned().map_err(no_panel)?;
    let (link, _) = issue_link(&mut work, id)?.ok_or(Error::NotFound("panel"))?;
    let values = share_values(&work, id, (&link.url, &link.code), Some(&rule))?;
    let code_enabled = work.program().program.channels.take_codes();
    let credit = ledger::credit(tx, id)?.into_iter().map(|(currency, balance)| Balance { currency, balance });
    let rewards = grant_rows::of_customer(tx, id, Shown::Live, limits::PANEL_REWARDS)?;
    let lost = grant_rows::of_customer(tx, id, Shown::Lost, limits::PANEL_REWARDS)?;
    let language = work.program().mails.language;
    Ok(SummaryView {
        rule_name: rule.name.as_str().to_owned(),
        gives: promises(&rule, language),
        limits: limits_of(&work.program().doc, &rule),
        order_timing: rule.order_timing.into(),
        share: work.program().share.doc(language).filled(&values),
        code: code_enabled.then(|| link.code.clone()),
        link,
        code_enabled,
        terms: work.program().doc.program_terms.clone(),
        points: ledger::balance(tx, id, Unit::Points)?,
        credit: credit.collect(),
        rewards: super::grant_views(tx, &rewards, tx.now())?,
        lost_rewards: super::grant_views(tx, &lost, tx.now())?,
    })
}

/// The reason that a customer has no panel.
fn no_panel(reason: Reason) -> Error {
    let message = match reason {
        Reason::ProgramDisabled => "the program is off",
        _ => "no rule rewards this customer",
    };
    Error::NoPanel { code: reason.as_str(), message }
}

fn promises(rule: &Rule, language: Language) -> PromisesView {
    let promise = |side, trigger| {
        let benefit = rule.slots.get(side, trigger)?.benefit();
        Some(PromiseView { benefit: benefit.map(BenefitBody::from), words: reward_in_words(benefit, language) })
    };
    let side = |side| SidePromisesView {
        registration: promise(side, Trigger::Registration),
        first_order: promise(side, Trigger::FirstOrder),
    };
    PromisesView { referrer: side(Side::Referrer), referee: side(Side::Referee) }
}

fn limits_of(program: &ProgramDoc, rule: &Rule) -> LimitsView {
    LimitsView {
        min_purchase_amount: program.min_purchase_amount,
        currency: program.currency.clone(),
        daily_registration_limit: rule.daily_limit.map(|limit| limit.get().into()),
        order_valid_days: rule.order_valid.map(Days::get),
        attribution_window_days: program.attribution_window_days,
        max_rewards_per_referrer: program.max_rewards_per_referrer,
    }
}

/// `GET /rules/effective`: the rule in effect for a customer or a tier.
pub fn effective_rule(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    customer: Option<&CustomerId>,
    tier: Option<&str>,
) -> Result<Option<RuleView>, Error> {
    let work = UnitOfWork::begin(tx, audit, ctx)?;
    let mut referrer = work.referrer(customer.unwrap_or(&CustomerId::new(String::new())))?;
    if let Some(tier) = tier {
        // A tier has customers of every kind, so each eligibility setting admits it.
        (referrer.is_member, referrer.is_buyer) = (true, true);
        referrer.tier = Tier::parse(tier).ok();
    }
    Ok(effective(&work.store()?, &referrer).ok().map(|rule| work.rules().view(rule)))
}

/// `GET /stats`: the statistics of a range of the store's days, both ends included; of all days without a range.
pub fn stats(tx: &Tx<'_>, ctx: &ReferralContext, from: Option<Date>, to: Option<Date>) -> Result<StatsView, Error> {
    let from = from.map_or_else(String::new, |day| day.to_string());
    let to = to.map_or_else(|| "z".to_owned(), |day| day.to_string());
    let days = stats_repo::days(tx, &from, &to)?;
    let unseen = stats_repo::unseen(tx, &from, &to, tx.now())?;
    let of = |what: &str| days.get(what).copied().unwrap_or_default();
    let month_ago = tx.now() - jiff::SignedDuration::from_hours(24 * flux_referral_rules::limits::RECENT_CLICK_DAYS);
    let its_day = store_day(month_ago, &ctx.zone);
    let attributions = Funnel {
        pending: of("pending") - unseen,
        qualified: of("qualified"),
        rewarded: of("rewarded"),
        voided: of("voided"),
        expired: of("expired") + unseen,
    };
    let Funnel { pending, qualified, rewarded, voided, expired } = attributions;
    Ok(StatsView {
        active_links: of("link"),
        clicks: ClickStats {
            total: of("click"),
            last30_days: stats_repo::clicks_since(tx, month_ago, its_day.end, &ctx.day(month_ago))?,
        },
        revenue: revenue(&days),
        referrals: Referrals {
            total: pending + qualified + rewarded + voided + expired,
            successful: qualified + rewarded,
            registered: of("registered"),
        },
        attributions,
    })
}

fn revenue(days: &BTreeMap<String, i64>) -> Vec<Revenue> {
    let sums = days.iter().filter_map(|(what, n)| Some((what.strip_prefix("revenue ")?.to_owned(), *n)));
    sums.filter(|(_, amount)| *amount != 0).map(|(currency, amount)| Revenue { currency, amount }).collect()
}

/// `GET /top`: the leaderboard of a period of the store's calendar.
pub fn leaderboard(tx: &Tx<'_>, ctx: &ReferralContext, period: Period, limit: u32) -> Result<Vec<Leader>, Error> {
    let day = ctx.day(tx.now());
    let key = match period {
        Period::All => "all".to_owned(),
        Period::Year => day[..4].to_owned(),
        Period::Month => day[..7].to_owned(),
        Period::Week => ctx.week(tx.now()),
        Period::Day => day,
    };
    let best = stats_repo::leaderboard(tx, &key, limit)?.into_iter();
    Ok(best
        .map(|top| Leader {
            customer_id: top.customer,
            name: top.name,
            successful: top.successful,
            registered: top.registered,
            last_at: top.last_at,
        })
        .collect())
}
