//! The referral rules at work: each event loads the facts, lets `flux_referrals` decide, and writes the decision down, all
//! in its caller's transaction.
//!
//! | event | file |
//! |---|---|
//! | settings are saved | `settings` |
//! | a link is issued or clicked | `links` |
//! | a friend comes, registers | `signup` |
//! | an order is placed, paid, undone: by `/orders` | `orders` |
//! | the same, by a storefront that keeps its orders to itself | `sessions` |
//! | the clock | `clock` |
//! | a cart is priced, a code is used, points are spent | `spending` |
//! | a customer changes or is forgotten | `people` |
//!
//! `weigh` weighs an order for both; `decide` writes what was decided, `lines` its commands, `mails` its mails; `view` is what people are shown.

mod bind;
mod clock;
mod decide;
mod lines;
mod links;
mod mails;
mod orders;
mod panel;
mod people;
mod sessions;
mod settings;
mod signup;
mod spending;
mod view;
mod weigh;

pub use clock::{expire_pending, expire_rewards, give_codes, issue_due};
pub use links::{Clicked, Visitor, click, issue as issue_link, link_of};
pub use mails::invite;
pub use orders::{
    Buyer, cancelled, charged_back, checkout, imported, order_placed, paid, partly_refunded, referral_of, refunded,
};
pub use panel::{Best, CodeView, PanelView, StatsView, effective_rule, panel, stats, tops, validate};
pub use people::{changed as customer_changed, forget, joined as player_joined};
pub use sessions::{Payer, completed, fulfil, of_session, void, withdraw};
pub use settings::{
    add_rule, change_rule, remove_rule, remove_slot, save_mails, save_program, save_share, set_slot, show_program,
};
pub use signup::{Signup, registered, signup};
pub use spending::{quote, redeem, spend};
pub use view::{attribution, grants as grant_views, view_of};

pub(crate) use lines::closed;

use super::{Audit, ServiceError, Wake};
use flux_platform::Entropy;
use flux_protocol::ServerId;
use flux_referral_rules::{AttributionId, CustomerId, Person, Referrer, Refusal, Store, StoreAddress};
use flux_referrals::model::Flaw;
use flux_referrals::storage::people::{self as rows, Customer};
use flux_referrals::storage::program::{self, ProgramRow};
use flux_referrals::storage::rules::{self, RuleRows};
use flux_storage::{Tx, servers};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the rules need besides the database.
#[derive(Clone)]
pub struct Desk {
    /// For codes.
    pub entropy: Arc<dyn Entropy>,
    /// Where the store's days begin.
    pub zone: TimeZone,
    /// The store's own addresses.
    pub address: StoreAddress,
}

impl Desk {
    /// A random number from 0 to `bound` - 1.
    fn below(&self, bound: usize) -> usize {
        usize::try_from(self.entropy.below(bound as u64)).unwrap_or_default()
    }

    /// The store's day of a moment, as the counters call it.
    fn day(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d").to_string()
    }

    /// The store's week of a moment, from Monday.
    fn week(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%G-W%V").to_string()
    }
}

/// One event in its transaction: what is set, and the servers that it makes commands for.
struct Work<'a> {
    tx: &'a Tx<'a>,
    by: &'a Audit,
    desk: &'a Desk,
    program: ProgramRow,
    rules: RuleRows,
    servers: BTreeSet<ServerId>,
    wake: Wake,
}

impl<'a> Work<'a> {
    fn begin(tx: &'a Tx<'a>, by: &'a Audit, desk: &'a Desk) -> Result<Work<'a>, ServiceError> {
        let servers = servers::receiving(tx)?.into_iter().collect();
        let (program, rules) = (program::load(tx, &desk.zone)?, rules::load(tx)?);
        Ok(Work { tx, by, desk, program, rules, servers, wake: Wake::new() })
    }

    fn store(&self) -> Store<'_> {
        Store { program: &self.program.program, rules: &self.rules.rules, servers: &self.servers }
    }

    /// A customer; one of whom only the id is known where there is no row.
    fn customer(&self, id: &CustomerId) -> Result<Customer, ServiceError> {
        let nobody = || Customer {
            person: Person { customer: id.clone(), email: None, player: None },
            name: None,
            tier: None,
            registered_at: None,
        };
        Ok(rows::find(self.tx, id)?.unwrap_or_else(nobody))
    }

    fn referrer(&self, id: &CustomerId) -> Result<Referrer, ServiceError> {
        let (customer, counts) = (self.customer(id)?, rows::counts(self.tx, id)?);
        Ok(Referrer {
            is_member: customer.registered_at.is_some(),
            is_buyer: flux_referrals::storage::orders::is_buyer(self.tx, id)?,
            person: customer.person,
            tier: customer.tier,
            live_grants: counts.live_grants,
            successful: counts.successful,
        })
    }
}

/// What an event came to.
#[derive(Debug)]
pub struct Outcome {
    /// The attribution that it was about.
    pub attribution: Option<AttributionId>,
    /// Whether that is new.
    pub is_new: bool,
    /// Why a friend was not bound. What else the event did stands.
    pub refusal: Option<Refusal>,
    /// The servers with new commands.
    pub wake: Wake,
}

impl From<Flaw> for ServiceError {
    fn from(flaw: Flaw) -> ServiceError {
        match flaw.conflict {
            Some(code) => ServiceError::conflict(code, flaw.message),
            None => ServiceError::invalid(flaw.field, flaw.message),
        }
    }
}
