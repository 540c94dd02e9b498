//! The referral rules, pure: facts in, decisions out, with reasons from a closed list. `docs/explanation/referrals.md` explains them to a store owner.
//!
//! No runtime, no SQL, no clock, no random source. Each event is one transaction of the caller, who loads the facts, calls the rules, and stores the
//! decision with its effects.
//!
//! | event | facts | decision by |
//! |---|---|---|
//! | a referee arrives with a code | [`Bind`] | [`bind`] |
//! | a bound referee registers | [`Registration`] | [`register`] |
//! | an order is paid | [`OrderRecord::pay`], [`candidate`], [`Payment`] | [`pay`] |
//! | an order is completed, or all its commands are | its grants | [`complete`] |
//! | an order is reversed | [`OrderRecord`], [`Held`] | [`void`]; by an admin: [`withdraw`] |
//! | a reward falls due | a scheduled [`Grant`] | [`issue_due`], then [`settle`] |
//! | a cart is priced, a code is used | the customer's [`Coupon`]s | [`quote`], [`redeem`] |
//! | a redemption is undone | its [`Grant`] and attribution | [`release`] |
//! | points are spent | the balance | [`spend`] |
//! | settings are saved | the present settings | [`save`], [`Rules`], [`Slots`] |
//!
//! Ids such as R0-01, C-02 and D-03 are rows of `docs/spec/referrals.md`. Three interpretations of that specification:
//!
//! - A payment is evaluated once. A repeated report changes nothing, or a repeat after a later bind would earn a reward that the payment did not
//!   (invariant 5).
//! - `expired` is stored by sweeps. An event from before the deadline treats the attribution as pending, or decisions would depend on the time of a
//!   sweep (D-16). Likewise a reward counts as issued from its due time, not from the sweep that issued it.
//! - Payment and reversal may arrive in either order (invariant 5) only as far as rewards can be reversed: a reward that a rule never reverses is kept
//!   if it was issued before the reversal arrived.
//!
//! This crate cannot enforce requirements that need a database, I/O or another crate. They are tested where they are enforced:
//!
//! | requirement | enforced by |
//! |---|---|
//! | R0-01, R2-14, R2-20 | unique indexes: one link per customer, one code per link, one row per external reference; the rules handle the rows found |
//! | R0-13 (retry), R0-18 (in time) | `flux-delivery`: attempts and states of a command; the rules: toggle words, and the combined state |
//! | R0-14, R3-08, R3-17 (preview), R4-31 | reads: panel, code, a customer's rewards; the rules: whether there is a rule, a link, a live grant |
//! | R0-17, R2-31 | queries: the history, and the counts of links and clicks; the rules: funnel, revenue, top referrers |
//! | R0-22, R0-12 (deleted later) | the queue: names are looked up when a command is first sent, and a removed server's open commands are cancelled |
//! | R0-23 | nothing to enforce: coupons are a separate feature |
//! | R2-01, R2-02, R2-12 | the program's single row, "not configured", and its terms are stored texts |
//! | R2-24 (status), R2-25 | the endpoint: it passes on only paid orders of a known buyer |
//! | R3-18, R3-21 (sending) | a query for customers without a code, and SMTP; the rules: when codes are mailed, and the mails of a decision |
//! | R4-14 ("abc", 1.5) | JSON: the endpoint reads whole numbers |
//! | R4-32 | there is no such assistant |
//! | D-17 (admin keys), D-18 | the endpoint: keys and the store's id |
//! | C-13, C-14 | the shape of an answer; the attempts of a command in `flux-delivery` |
//! | concurrency | one writer, and unique indexes as the second protection |

mod attribution;
mod bind;
mod calendar;
mod click;
mod code;
mod command;
mod delivery;
mod discount;
mod error;
mod evaluate;
mod grant;
mod identity;
mod ids;
mod issue;
mod ledger;
pub mod limits;
mod link;
mod mail;
mod mail_name;
mod money;
mod open;
mod order;
mod placeholder;
mod program;
mod readiness;
mod ready_texts;
mod register;
mod reward;
mod rule;
mod settings;
mod share;
mod stats;
mod string_enum;
pub mod sweep;
mod tier;
mod typed;
mod void;
mod wording;

pub use attribution::{Attribution, Channel, Purchase, Reason, Status};
pub use bind::{Bind, BindError, Bound, Candidate, bind, candidate, validate};
pub use calendar::store_day;
pub use click::{Click, Visit, click};
pub use code::{Code, make_discount_code, make_link_code};
pub use command::{FanOut, PlannedCommand, RewardCommand, RunOn, ServerList, Targets, Template, fan_out, safe_value};
pub use delivery::{Delivery, LineState};
pub use discount::{Coupon, DiscountError, Quote, Redeemed, quote, redeem, release};
pub use error::ValidationError;
pub use evaluate::{Payment, pay};
pub use grant::{Grant, GrantKey, GrantStatus, Issue, Terms};
pub use identity::{EmailKey, Person, Player};
pub use ids::{AttributionId, CustomerId, LinkId, RuleId};
pub use issue::{Change, Dispatch, Effect, complete, issue_due, settle};
pub use ledger::{Cause, LedgerEntry, Spent, Unit, balance, spend};
pub use link::{IssuedLink, Landing, Link, StoreAddress, issue_link};
pub use mail::{Mailing, Scenario, Switches, mails, mails_codes};
pub use mail_name::mail_name;
pub use money::{Currency, Days, Money, Percent, Points, PositiveMoney};
pub use open::Decision;
pub use order::{OrderRecord, ReversalKind};
pub use placeholder::{Placeholder, Values};
pub use program::{Channels, Eligibility, Program, ProgramState, SelfReferral};
pub use readiness::Readiness;
pub use ready_texts::{ReadyMail, ReadyShare, ready_mail, ready_share};
pub use register::{Registration, register};
pub use reward::{
    Benefit, Completion, Discount, DiscountKind, Ladder, OnReturn, OrderTiming, PartialReturn, Side, Slot, Slots,
    Trigger,
};
pub use rule::{Rule, RuleName, RuleStatus, Scope, Tier};
pub use settings::{Patch, ProgramPut, RewardType, save};
pub use share::{SHARE_PLACEHOLDERS, ShareTexts, Text};
pub use stats::{Funnel, TopReferrer, is_recent_click, top_referrers};
pub use string_enum::UnknownVariant;
pub use tier::{GLOBAL_RULE_NAME, Referrer, Rules, Store, effective};
pub use void::{Held, void, withdraw};
pub use wording::{Language, amount_in_words, moment_in_words, reward_in_words};
