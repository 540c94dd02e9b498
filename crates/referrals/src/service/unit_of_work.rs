//! One referral event in its transaction, with the settings at its start and the collected effects.

use super::Outcome;
use crate::storage::customers::{self as customers_repo, Customer};
use crate::storage::orders;
use crate::storage::program::ProgramRow;
use crate::storage::rules::{self, RuleRows};
use crate::{Effect, Effects, Error, ReferralContext};
use flux_protocol::ServerId;
use flux_referral_rules::{AttributionId, BindError, CustomerId, Person, Referrer, Store};
use flux_shop::Audit;
use flux_storage::{Tx, servers};
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// A referral event in progress.
pub(super) struct UnitOfWork<'a> {
    tx: &'a Tx<'a>,
    audit: &'a Audit,
    ctx: &'a ReferralContext,
    program: ProgramRow,
    rules: RuleRows,
    /// Loaded on first use: most orders have nothing to do with a reward.
    servers: OnceCell<BTreeSet<ServerId>>,
    /// The customers read in this event, in their latest state.
    customers: RefCell<BTreeMap<CustomerId, Customer>>,
    effects: Effects,
}

impl<'a> UnitOfWork<'a> {
    /// Loads the settings.
    pub(super) fn begin(tx: &'a Tx<'a>, audit: &'a Audit, ctx: &'a ReferralContext) -> Result<UnitOfWork<'a>, Error> {
        let (program, rules) = rules::load_with_program(tx, &ctx.zone)?;
        Ok(UnitOfWork {
            tx,
            audit,
            ctx,
            program,
            rules,
            servers: OnceCell::new(),
            customers: RefCell::default(),
            effects: Effects::default(),
        })
    }

    pub(super) fn tx(&self) -> &'a Tx<'a> {
        self.tx
    }

    pub(super) fn audit(&self) -> &'a Audit {
        self.audit
    }

    pub(super) fn ctx(&self) -> &'a ReferralContext {
        self.ctx
    }

    pub(super) fn program(&self) -> &ProgramRow {
        &self.program
    }

    pub(super) fn set_program(&mut self, program: ProgramRow) {
        self.program = program;
    }

    pub(super) fn rules(&self) -> &RuleRows {
        &self.rules
    }

    pub(super) fn rules_mut(&mut self) -> &mut RuleRows {
        &mut self.rules
    }

    /// The servers that may be given commands.
    pub(super) fn servers(&self) -> Result<&BTreeSet<ServerId>, Error> {
        if self.servers.get().is_none() {
            // Nobody can have set it in between.
            let _ = self.servers.set(servers::receiving(self.tx)?.into_iter().collect());
        }
        self.servers.get().ok_or(Error::NotFound("server"))
    }

    /// The settings as input of the pure rules.
    pub(super) fn store(&self) -> Result<Store<'_>, Error> {
        Ok(Store { program: &self.program.program, rules: &self.rules.rules, servers: self.servers()? })
    }

    /// A customer; without a row, one with only an id.
    pub(super) fn customer(&self, id: &CustomerId) -> Result<Customer, Error> {
        let unknown = || Customer {
            person: Person { customer: id.clone(), email: None, player: None },
            name: None,
            tier: None,
            registered_at: None,
            mistyped_code: false,
        };
        if let Some(known) = self.customers.borrow().get(id) {
            return Ok(known.clone());
        }
        let found = customers_repo::find(self.tx, id)?.unwrap_or_else(unknown);
        self.customers.borrow_mut().insert(id.clone(), found.clone());
        Ok(found)
    }

    /// Drops a customer from the cache. Call it after each change of one.
    pub(super) fn customer_changed(&self, id: &CustomerId) {
        self.customers.borrow_mut().remove(id);
    }

    /// Drops all customers from the cache, after a change of others than one.
    pub(super) fn customers_changed(&self) {
        self.customers.borrow_mut().clear();
    }

    /// A customer as a referrer.
    pub(super) fn referrer(&self, id: &CustomerId) -> Result<Referrer, Error> {
        let (customer, counts) = (self.customer(id)?, customers_repo::counts(self.tx, id)?);
        Ok(Referrer {
            is_member: customer.registered_at.is_some(),
            is_buyer: orders::is_buyer(self.tx, id)?,
            person: customer.person,
            tier: customer.tier,
            live_grants: counts.live_grants,
            successful: counts.successful,
        })
    }

    /// Adds a change of a command, to be applied by the caller.
    pub(super) fn add(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// The collected changes of commands.
    pub(super) fn into_effects(self) -> Effects {
        self.effects
    }

    /// The event's outcome.
    pub(super) fn outcome(
        self,
        attribution: Option<AttributionId>,
        is_new: bool,
        refusal: Option<BindError>,
    ) -> Outcome {
        Outcome { attribution, is_new, refusal, effects: self.effects }
    }
}
