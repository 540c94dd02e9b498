//! Writes a decision down: the attribution, its grants, and what goes with them.

use super::{ServiceError, Work};
use flux_referral_rules::{
    Attribution, Change, Decision, Discount, Dispatch, Effect, Grant, GrantKey, GrantStatus, Invalid, Status,
    issue_due, mails as mails_of, make_discount_code, settle,
};
use flux_referrals::model::grant_id;
use flux_referrals::storage::grants::{self, GrantRow};
use flux_referrals::storage::{attributions, ledger};
use flux_shop::kind;
use flux_storage::events;
use serde_json::json;

impl Work<'_> {
    /// Writes what an event has decided. `before` is the attribution as it was.
    pub(super) fn write(&mut self, before: &Attribution, decision: Decision) -> Result<Attribution, ServiceError> {
        let mails = mails_of(before, &decision, &self.switches());
        let Decision { mut attribution, changes, reason } = decision;
        if before.status == Status::Expired && attribution.status == Status::Pending {
            // An event of before its end finds it open, and leaves it as it is written down (D-16).
            attribution.status = Status::Expired;
        }
        if attribution.referee != before.referee && reason.is_none() {
            attributions::set_referee(self.tx, &attribution.id, &attribution.referee)?;
        }
        attributions::update(self.tx, &attribution, reason)?;
        self.tell(before, &attribution)?;
        for change in changes {
            self.change(change)?;
        }
        for (scenario, customer) in mails {
            self.mail(scenario, &customer)?;
        }
        self.issue_due_of(attribution)
    }

    /// Issues what of an attribution's grants is due by now: news that came late does not wait for a sweep.
    pub(super) fn issue_due_of(&mut self, attribution: Attribution) -> Result<Attribution, ServiceError> {
        let found = grants::of_attribution(self.tx, &attribution.id)?;
        let due: Vec<GrantRow> =
            found.into_iter().filter(|row| matches!(row.grant.status, GrantStatus::Scheduled { .. })).collect();
        let mut is_changed = false;
        for row in due {
            is_changed |= self.issue_if_due(&attribution, &row.grant, self.by.now)?;
        }
        if is_changed { self.settle(attribution) } else { Ok(attribution) }
    }

    /// Issues a grant if it is due; whether it was.
    pub(super) fn issue_if_due(
        &mut self,
        attribution: &Attribution,
        grant: &Grant,
        now: jiff::Timestamp,
    ) -> Result<bool, ServiceError> {
        let names = self.names(attribution)?;
        let due = issue_due(&self.program.program, grant, &self.dispatch(&names, attribution), now);
        let Some(change) = due else { return Ok(false) };
        let decision = Decision { attribution: attribution.clone(), changes: vec![change], reason: None };
        for (scenario, customer) in mails_of(attribution, &decision, &self.switches()) {
            self.mail(scenario, &customer)?;
        }
        for change in decision.changes {
            self.change(change)?;
        }
        Ok(true)
    }

    /// An attribution after some of its grants changed.
    pub(super) fn settle(&mut self, attribution: Attribution) -> Result<Attribution, ServiceError> {
        let all = grants::of_attribution(self.tx, &attribution.id)?;
        let all: Vec<Grant> = all.into_iter().map(|row| row.grant).collect();
        let settled = settle(attribution.clone(), &all);
        if settled != attribution {
            attributions::update(self.tx, &settled, None)?;
            self.tell(&attribution, &settled)?;
        }
        Ok(settled)
    }

    /// Writes down that an attribution's time is over.
    pub(super) fn expire(&self, attribution: Attribution) -> Result<(), ServiceError> {
        let after = Attribution { status: Status::Expired, ..attribution.clone() };
        attributions::update(self.tx, &after, None)?;
        self.tell(&attribution, &after)
    }

    /// The players' names of both sides, for commands.
    pub(super) fn names(&self, row: &Attribution) -> Result<[Option<String>; 2], ServiceError> {
        let name = |id| Ok::<_, ServiceError>(self.customer(id)?.person.player.map(|player| player.name));
        Ok([name(&row.referrer)?, name(&row.referee)?])
    }

    pub(super) fn dispatch<'b>(&'b self, names: &'b [Option<String>; 2], row: &'b Attribution) -> Dispatch<'b> {
        let [referrer, referee] = names;
        Dispatch {
            servers: &self.servers,
            referrer: referrer.as_deref(),
            referee: referee.as_deref(),
            order: row.purchase.as_ref().map(|purchase| &purchase.order),
        }
    }

    /// Events of what an attribution has become. One that passes through qualified on the way has both.
    fn tell(&self, before: &Attribution, after: &Attribution) -> Result<(), ServiceError> {
        let id = after.id.as_str();
        if before.registered_at.is_none() && after.registered_at.is_some() {
            events::record(self.tx, self.by, kind::ATTRIBUTION_REGISTERED, id, &json!({}))?;
        }
        if before.status.as_str() == after.status.as_str() {
            return Ok(());
        }
        let order = after.purchase.as_ref().map(|purchase| purchase.order.as_str());
        let data = json!({"orderId": order, "reason": after.status.reason().map(|reason| reason.as_str())});
        if after.status == Status::Rewarded && before.status == Status::Pending && order.is_some() {
            events::record(self.tx, self.by, "attribution.qualified", id, &data)?;
        }
        Ok(events::record(self.tx, self.by, &format!("attribution.{}", after.status.as_str()), id, &data)?)
    }

    fn change(&mut self, change: Change) -> Result<(), ServiceError> {
        let Change { grant, effects } = change;
        grants::put(self.tx, &grant)?;
        self.tell_grant(&grant)?;
        effects.into_iter().try_for_each(|effect| self.perform(effect))
    }

    /// An event of what a grant has become.
    pub(super) fn tell_grant(&self, grant: &Grant) -> Result<(), ServiceError> {
        let key = &grant.key;
        let data = json!({"attributionId": key.attribution.as_str(), "side": key.side.as_str(), "trigger": key.trigger.as_str(),
                          "reward": grant.terms.benefit.as_ref().map(flux_referral_rules::Benefit::label)});
        let kind = format!("grant.{}", grant.status.as_str());
        Ok(events::record(self.tx, self.by, &kind, grant_id(key).as_str(), &data)?)
    }

    fn perform(&mut self, effect: Effect) -> Result<(), ServiceError> {
        match effect {
            Effect::MintCode { grant, discount, .. } => self.mint(&grant, &discount),
            // The grant's status says it.
            Effect::RevokeCode(_) => Ok(()),
            Effect::Post(entry) => match ledger::post(self.tx, &entry)? {
                Some(_) => Ok(()),
                None => Err(ServiceError::invalid("amount", Invalid::Overflow.to_string())),
            },
            Effect::Queue(key, made) => self.queue(&key, made),
            Effect::CancelLines(key) => self.cancel_lines(&key),
            Effect::TakeBack(key, made) => self.take_back(&key, &made),
        }
    }

    fn mint(&self, key: &GrantKey, discount: &Discount) -> Result<(), ServiceError> {
        let mut failure = None;
        let is_taken = |code: &flux_referral_rules::Code| {
            grants::has_code(self.tx, code).unwrap_or_else(|error| {
                failure = Some(error);
                true
            })
        };
        let code = make_discount_code(|bound| self.desk.below(bound), is_taken);
        match (failure, code) {
            (Some(error), _) => Err(error.into()),
            (None, Ok(code)) => Ok(grants::mint(self.tx, key, &code, discount)?),
            (None, Err(invalid)) => Err(ServiceError::conflict("no_free_code", invalid.to_string())),
        }
    }
}
