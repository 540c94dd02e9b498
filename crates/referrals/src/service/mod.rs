//! One function for each referral event: it loads the facts, lets the pure rules decide, and writes the decision down, all
//! in its caller's transaction.
//!
//! | event | module |
//! | --- | --- |
//! | settings are saved | `settings`, `rule_servers`, `rule_warnings`, `rule_ends` |
//! | a link is issued or clicked, a code is checked | `links`, `codes` |
//! | a friend signs up or registers | `signup` |
//! | an order is placed, paid, reversed (through `/orders`) | `orders` |
//! | the same, reported by a storefront that keeps its orders | `sessions` |
//! | the commands of an order have completed | `deliveries` |
//! | a deadline passes | `sweeps` |
//! | a customer without a code may have one | `codes_to_mail` |
//! | a cart is priced, a code is redeemed, points are spent | `spending` |
//! | a customer changes or is forgotten | `customers` |
//!
//! `evaluate_order` evaluates an order for both kinds; `apply_decision` writes a decision, `reward_commands` its commands,
//! `mails` its mails with the values of `mail_values`; `view` and `summary` are read by people.

mod apply_decision;
mod bind;
mod codes;
mod codes_to_mail;
pub(crate) mod customers;
pub(crate) mod deliveries;
mod evaluate_order;
mod links;
mod mail_values;
mod mails;
pub(crate) mod orders;
pub(crate) mod reward_commands;
mod rule_ends;
mod rule_servers;
mod rule_warnings;
mod sessions;
mod settings;
mod signup;
mod spending;
mod summary;
mod sweeps;
mod unit_of_work;
mod view;

pub use bind::ReportedClick;
pub use codes::{CodeView, validate};
pub use codes_to_mail::issue_missing_codes;
pub use links::{ClickOutcome, Visitor, click, issue as issue_link, link_of};
pub use mails::{Letter, invite, letter};
pub use orders::{Buyer, checkout};
pub use rule_servers::{RulesOfServer, available_tiers, rule, rules, rules_of_server};
pub use sessions::{Payer, completed, fulfil, in_session, of_session, void, withdraw};
pub use settings::{
    add_rule, change_rule, remove_rule, remove_slot, save_mails, save_program, save_share, set_slot, show_program,
};
pub use signup::{Signup, signup};
pub use spending::{quote, redeem, released_view, spend, unredeem};
pub use summary::{Balance, Leader, StatsView, SummaryView, effective_rule, leaderboard, stats, summary};
pub use sweeps::{expire_pending, expire_rewards, issue_due};
pub use view::{attribution, grants as grant_views, view_of};

use unit_of_work::UnitOfWork;

use crate::Effects;
use flux_referral_rules::{AttributionId, BindError};

/// The outcome of a referral event.
#[derive(Debug)]
pub struct Outcome {
    /// The attribution concerned.
    pub attribution: Option<AttributionId>,
    /// True if the attribution is new.
    pub is_new: bool,
    /// The reason for a refused bind. The event's other changes are kept.
    pub refusal: Option<BindError>,
    /// The changes of commands, to be applied by the caller.
    pub effects: Effects,
}
