//! The referral rules, pure: facts in, decisions out, with reasons from a closed list. `docs/explanation/referrals.md` explains them to a store owner.
//!
//! No runtime, no SQL, no clock, no random source. Each event is meant to be one transaction of its caller: load the facts, decide, write
//! the decision and its effects.
//!
//! | event | facts | decides |
//! |---|---|---|
//! | a friend comes with a code | [`Bind`] | [`bind`] |
//! | a bound friend registers | [`Registration`] | [`register`] |
//! | an order is paid | [`OrderRecord::pay`], [`candidate`], [`Payment`] | [`pay`] |
//! | an order is completed | its grants | [`complete`] |
//! | an order is undone | [`OrderRecord`], [`Held`] | [`void`]; an admin's word: [`withdraw`] |
//! | a reward falls due | a scheduled [`Grant`] | [`issue_due`], then [`settle`] |
//! | a cart is priced, a code is used | the customer's [`Coupon`]s | [`quote`], [`redeem`] |
//! | points are spent | the balance | [`spend`] |
//! | settings are saved | what stands | [`save`], [`Rules`], [`Slots`] |
//!
//! Ids such as R0-01, C-02 and D-03 are rows of `docs/spec/referrals.md`. Three readings of that specification:
//!
//! - A payment is weighed once, when it is news; heard again, it answers as it did. Otherwise a repeat that comes after a later bind would
//!   earn what the payment has not (invariant 5).
//! - `expired` is what a sweep wrote down. An event of an earlier moment finds the row as it was then, or decisions would depend on when a
//!   sweep ran (D-16). In the same way a reward counts as issued from the moment it fell due, not from the sweep that found it.
//! - Payment and undoing may change places (invariant 5) only as far as rewards can be taken back: what a rule lets its owner keep is kept
//!   if it was given before the undoing was heard of.
//!
//! What this crate cannot keep, because it takes a database, a channel to the world, or another crate; the tests of these stand there:
//!
//! | requirement | where, and why |
//! |---|---|
//! | R0-01, R2-14, R2-20 | unique indexes: one link per customer, one code per link, one row per external reference; here: what follows from what is found |
//! | R0-13 (retry), R0-18 (in time) | `flux-delivery`: attempts and states of a command; here: the toggle words, and what the states come to |
//! | R0-14, R3-08, R3-17 (preview), R4-31 | reads: panel, code, my rewards; here: whether there is a rule, a link, a live grant |
//! | R0-17, R2-31 | the history log and the counts of links and clicks are queries; here: funnel, revenue, top referrers |
//! | R0-22, R0-12 (deleted later) | names are looked up when a line is first sent, and a removed server's open lines are cancelled, by the queue |
//! | R0-23 | nothing to keep: coupons are apart |
//! | R2-01, R2-02, R2-12 | the program's one row, "not configured", and its terms are stored texts |
//! | R2-24 (status), R2-25 | what a fulfil call says, and who is behind a session: the endpoint, which asks the rules only about paid orders of a known buyer |
//! | R3-18, R3-21 (sending) | who has no code is a query, and mails leave by SMTP; here: when codes are turned on, and which mails a decision brings |
//! | R4-14 ("abc", 1.5) | JSON: the endpoint reads whole numbers |
//! | R4-32 | there is no such assistant |
//! | D-17 (who may), D-18 | keys and the store's id are the endpoint's |
//! | C-13, C-14 | the shape of an answer; the attempts of a command are `flux-delivery`'s |
//! | concurrency | one writer, and unique indexes as the second fence |

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
mod money;
mod open;
mod order;
mod program;
mod register;
mod reward;
mod rule;
mod settings;
mod share;
mod stats;
mod string_enum;
pub mod sweep;
mod tier;
mod void;

pub use attribution::{Attribution, Channel, Purchase, Reason, Status};
pub use bind::{Bind, BindError, Bound, Candidate, CodeVerdict, bind, candidate, validate};
pub use calendar::store_day;
pub use click::{Click, Visit, click};
pub use code::{Code, make_discount_code, make_link_code};
pub use command::{FanOut, PlannedCommand, RewardCommand, RunOn, ServerList, Targets, Template, fan_out, safe_value};
pub use delivery::{Delivery, LineState};
pub use discount::{Coupon, DiscountError, Quote, Redeemed, quote, redeem};
pub use error::ValidationError;
pub use evaluate::{Payment, pay};
pub use grant::{Grant, GrantKey, GrantStatus, Issue, Terms};
pub use identity::{EmailKey, Person, Player};
pub use ids::{AttributionId, CustomerId, LinkId, RuleId};
pub use issue::{Change, Dispatch, Effect, complete, issue_due, settle};
pub use ledger::{Cause, LedgerEntry, Spent, Unit, balance, spend};
pub use link::{IssuedLink, Landing, Link, StoreAddress, issue_link};
pub use mail::{Scenario, Switches, mails, turns_codes_on};
pub use money::{Currency, Days, Money, Percent, Points, PositiveMoney};
pub use open::Decision;
pub use order::{OrderRecord, ReversalKind};
pub use program::{Channels, Eligibility, Program, ProgramState, SelfReferral};
pub use register::{Registration, register};
pub use reward::{Benefit, Discount, DiscountKind, Ladder, OnReturn, OrderTiming, Side, Slot, Slots, Trigger};
pub use rule::{Rule, RuleName, RuleStatus, Scope, Tier};
pub use settings::{Patch, ProgramPut, RewardType, save};
pub use share::{ShareTexts, Shared, Text};
pub use stats::{Funnel, TopReferrer, is_recent_click, top_referrers};
pub use string_enum::UnknownVariant;
pub use tier::{GLOBAL_RULE_NAME, Referrer, Rules, Store, effective};
pub use void::{Held, void, withdraw};
