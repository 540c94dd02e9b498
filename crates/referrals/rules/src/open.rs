//! Creates the grants of one trigger for one attribution.

use crate::issue::issue;
use crate::{
    Attribution, Benefit, Change, CustomerId, Discount, Dispatch, Grant, GrantKey, GrantStatus, OrderTiming, Program,
    Reason, Referrer, RewardCommand, Rule, Side, Slot, Store, Terms, Trigger,
};
use jiff::Timestamp;

/// The decision of an event. The caller stores it in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The attribution after the event.
    pub attribution: Attribution,
    /// The new or changed grants with their effects.
    pub changes: Vec<Change>,
    /// The reason for no reward, for the order's record.
    pub reason: Option<Reason>,
}

impl Decision {
    /// A decision that changes nothing.
    pub(crate) fn unchanged(attribution: Attribution, reason: Option<Reason>) -> Decision {
        Decision { attribution, changes: Vec::new(), reason }
    }
}

/// The input for new grants: one trigger of one attribution under one rule.
pub(crate) struct Opening<'a> {
    pub(crate) store: &'a Store<'a>,
    pub(crate) rule: &'a Rule,
    pub(crate) referrer: &'a Referrer,
    pub(crate) attribution: &'a Attribution,
    pub(crate) trigger: Trigger,
    pub(crate) dispatch: Dispatch<'a>,
    pub(crate) at: Timestamp,
}

impl Opening<'_> {
    /// The referrer's grant: issued or scheduled, or skipped if the cap is reached (D-07) or a reason is given.
    pub(crate) fn referrer(
        &self,
        skip: Option<Reason>,
        timing: OrderTiming,
        due_at: Option<Timestamp>,
    ) -> Option<Change> {
        let count = self.referrer.successful.saturating_add(1);
        let slot = self.rule.slots.get(Side::Referrer, self.trigger);
        let climbs = self.trigger == Trigger::FirstOrder;
        let step = if climbs { self.rule.ladder.step(count) } else { None };
        let benefit = step.map(|(_, benefit)| benefit).or(slot.and_then(Slot::benefit));
        let commands = slot.map(Slot::commands).unwrap_or_default();
        if benefit.is_none() && commands.is_empty() {
            return None;
        }
        let grant = self.grant(Side::Referrer, benefit, commands, timing, step.map(|(from, _)| from));
        let is_full = self.store.program.max_rewards.is_some_and(|cap| self.referrer.live_grants >= cap.get());
        let skip = skip.or(is_full.then_some(Reason::CapReached));
        Some(match (skip, due_at) {
            (Some(reason), _) => as_is(grant, GrantStatus::Cancelled { skipped: Some(reason) }),
            (None, _) if timing == OrderTiming::AtPayment => issue(grant, &self.dispatch, self.at),
            (None, due_at) => as_is(grant, GrantStatus::Scheduled { due_at }),
        })
    }

    /// The referee's grant, at once: neither the cap nor the daily limit is their fault (D-07, R4-19).
    pub(crate) fn referee(&self) -> Option<Change> {
        let slot = self.rule.slots.get(Side::Referee, self.trigger)?;
        let grant = self.grant(Side::Referee, slot.benefit(), slot.commands(), OrderTiming::AtPayment, None);
        Some(issue(grant, &self.dispatch, self.at))
    }

    fn grant(
        &self,
        side: Side,
        benefit: Option<&Benefit>,
        commands: &[RewardCommand],
        timing: OrderTiming,
        ladder_step: Option<u32>,
    ) -> Grant {
        let terms = Terms {
            benefit: benefit.map(|benefit| settled_benefit(benefit, side, self.store.program)),
            commands: commands.to_vec(),
            timing,
            on_return: self.rule.on_return,
            rule: self.rule.id.clone(),
            rule_version: self.rule.version,
            ladder_step,
            count: self.referrer.successful.saturating_add(1),
        };
        let key = GrantKey { attribution: self.attribution.id.clone(), side, trigger: self.trigger };
        Grant { key, customer: self.customer(side), terms, status: GrantStatus::Scheduled { due_at: None } }
    }

    fn customer(&self, side: Side) -> CustomerId {
        match side {
            Side::Referrer => self.attribution.referrer.clone(),
            Side::Referee => self.attribution.referee.clone(),
        }
    }
}

fn as_is(grant: Grant, status: GrantStatus) -> Change {
    Change { grant: Grant { status, ..grant }, effects: Vec::new() }
}

/// A benefit with the program's defaults filled in, so that later edits do not change it.
fn settled_benefit(benefit: &Benefit, side: Side, program: &Program) -> Benefit {
    match benefit {
        Benefit::Discount(discount) => Benefit::Discount(Discount {
            expiry: discount.expiry.or(program.reward_expiry),
            auto_apply: Some(discount.auto_apply.unwrap_or(side == Side::Referee)),
            ..discount.clone()
        }),
        other => other.clone(),
    }
}
