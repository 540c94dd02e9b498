//! The set of rules, and the rule in effect for a referrer.

use crate::{
    Eligibility, Person, Program, ProgramState, Reason, Rule, RuleId, RuleName, RuleStatus, Scope, Tier,
    ValidationError, limits,
};
use flux_protocol::ServerId;
use std::collections::{BTreeMap, BTreeSet};

/// The name of the rule that exists from the start (R4-03).
pub const GLOBAL_RULE_NAME: &str = "All-Tier Referral Rule";

/// All rules: the global one, which always exists, and at most one per tier, no two of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    global: Rule,
    tiers: BTreeMap<Tier, Rule>,
}

impl Rules {
    /// The rules of a new store: the global one alone, disabled.
    pub fn new(global: RuleId) -> Rules {
        let name = RuleName::parse(GLOBAL_RULE_NAME);
        #[expect(clippy::expect_used, reason = "the constant is a name")]
        let name = name.expect("a name of 22 letters");
        Rules { global: Rule::new(global, name, Scope::All), tiers: BTreeMap::new() }
    }

    /// The global rule.
    pub fn global(&self) -> &Rule {
        &self.global
    }

    /// Every rule, the global one first.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        std::iter::once(&self.global).chain(self.tiers.values())
    }

    /// Adds a tier's rule (R4-01).
    pub fn add(&mut self, rule: Rule) -> Result<(), ValidationError> {
        if self.tiers.len() >= limits::TIER_RULES {
            return Err(ValidationError::TooManyRules);
        }
        self.put(rule)
    }

    /// Puts an edited rule in the place of the one with its id.
    pub fn replace(&mut self, rule: Rule) -> Result<(), ValidationError> {
        if rule.id != self.global.id {
            let before = self.take(&rule.id)?;
            let put = self.put(rule);
            if put.is_err() {
                self.put(before)?;
            }
            return put;
        }
        if rule.scope != Scope::All {
            return Err(ValidationError::GlobalRule);
        }
        self.check_name(&rule)?;
        self.global = rule;
        Ok(())
    }

    /// Deletes a tier's rule and hands it back; the global one stays.
    pub fn remove(&mut self, id: &RuleId) -> Result<Rule, ValidationError> {
        if *id == self.global.id { Err(ValidationError::GlobalRule) } else { self.take(id) }
    }

    /// The active rule of this tier, else the active global one, else none (C-02).
    pub fn effective(&self, tier: Option<&Tier>) -> Option<&Rule> {
        let of_tier = tier.and_then(|tier| self.tiers.get(tier));
        [of_tier, Some(&self.global)].into_iter().flatten().find(|rule| rule.status == RuleStatus::Active)
    }

    /// Those of the tiers that have no rule yet, each once and in the given order (R4-06, R4-34).
    pub fn available_tiers<'a>(&self, tiers: impl IntoIterator<Item = &'a Tier>) -> Vec<Tier> {
        let mut seen = BTreeSet::new();
        let free = tiers.into_iter().filter(|tier| !self.tiers.contains_key(*tier) && seen.insert(*tier));
        free.cloned().collect()
    }

    fn put(&mut self, rule: Rule) -> Result<(), ValidationError> {
        let Scope::Tier(tier) = rule.scope.clone() else { return Err(ValidationError::TierTaken) };
        self.check_name(&rule)?;
        if self.tiers.contains_key(&tier) {
            return Err(ValidationError::TierTaken);
        }
        self.tiers.insert(tier, rule);
        Ok(())
    }

    fn take(&mut self, id: &RuleId) -> Result<Rule, ValidationError> {
        let tier = self.tiers.iter().find(|(_, rule)| rule.id == *id).map(|(tier, _)| tier.clone());
        tier.and_then(|tier| self.tiers.remove(&tier)).ok_or(ValidationError::UnknownRule)
    }

    fn check_name(&self, rule: &Rule) -> Result<(), ValidationError> {
        let is_taken = self.iter().any(|other| other.id != rule.id && other.name.key() == rule.name.key());
        if is_taken { Err(ValidationError::NameTaken) } else { Ok(()) }
    }
}

/// The settings of the store, loaded once per event.
#[derive(Debug, Clone, Copy)]
pub struct Store<'a> {
    /// The program.
    pub program: &'a Program,
    /// The rules.
    pub rules: &'a Rules,
    /// The servers that are registered now.
    pub servers: &'a BTreeSet<ServerId>,
}

/// The known facts about a referrer at the time of an event. The counts are read in the event's transaction.
#[derive(Debug, Clone)]
pub struct Referrer {
    /// The referrer.
    pub person: Person,
    /// Their tier now (R4-07).
    pub tier: Option<Tier>,
    /// True if they have registered.
    pub is_member: bool,
    /// True if they have a purchase.
    pub is_buyer: bool,
    /// Their grants as a referrer, of any trigger, that are neither revoked nor cancelled (D-08).
    pub live_grants: u32,
    /// Their attributions that are qualified or rewarded (4.5).
    pub successful: u32,
}

/// The rule under which this referrer refers now, or why there is none (C-02, C-05). No rule, no link, no reward.
pub fn effective<'a>(store: &Store<'a>, referrer: &Referrer) -> Result<&'a Rule, Reason> {
    if store.program.state == ProgramState::Disabled {
        return Err(Reason::ProgramDisabled);
    }
    let is_eligible = match store.program.eligibility {
        Eligibility::Any => true,
        Eligibility::Members => referrer.is_member,
        Eligibility::Buyers => referrer.is_buyer,
    };
    let rule = if is_eligible { store.rules.effective(referrer.tier.as_ref()) } else { None };
    rule.ok_or(Reason::NoRule)
}
