//! A store in memory that does what a companion does: loads the facts of an event, decides, and writes the decision down.
//! Its unique keys are checked: what the database would refuse panics here. It is long because it keeps the facts of every event.

use flux_referral_rules::*;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Moments of the tests are seconds from here: midnight, UTC.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + seconds).unwrap()
}

pub(crate) fn day(days: i64) -> Timestamp {
    at(days * 86_400)
}

pub(crate) fn eur(amount: i64) -> Money {
    Money::new(amount, Currency::parse("EUR").unwrap()).unwrap()
}

pub(crate) fn customer(name: &str) -> CustomerId {
    CustomerId::new(name)
}

#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) person: Person,
    pub(crate) tier: Option<Tier>,
    pub(crate) registered_at: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub(crate) struct FakeStore {
    pub(crate) program: Program,
    pub(crate) rules: Rules,
    pub(crate) servers: BTreeSet<ServerId>,
    pub(crate) customers: BTreeMap<CustomerId, Customer>,
    pub(crate) links: BTreeMap<CustomerId, Code>,
    pub(crate) rows: Vec<Attribution>,
    pub(crate) grants: BTreeMap<GrantKey, Grant>,
    pub(crate) orders: BTreeMap<OrderId, OrderRecord>,
    /// The decision about each order.
    pub(crate) verdicts: BTreeMap<OrderId, Option<Reason>>,
    pub(crate) ledger: Vec<LedgerEntry>,
    pub(crate) codes: BTreeMap<GrantKey, Code>,
    pub(crate) lines: BTreeMap<(GrantKey, Occasion, usize, ServerId), (PlannedCommand, LineState)>,
    pub(crate) drawn: usize,
}

/// 0: when issued; 1: when undone.
pub(crate) type Occasion = u8;
pub(crate) use flux_protocol::{OrderId, ServerId};

impl FakeStore {
    pub(crate) fn new() -> FakeStore {
        FakeStore {
            program: Program::new(day(-1000)),
            rules: Rules::new(RuleId::new("rule_global")),
            servers: BTreeSet::new(),
            customers: BTreeMap::new(),
            links: BTreeMap::new(),
            rows: Vec::new(),
            grants: BTreeMap::new(),
            orders: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            ledger: Vec::new(),
            codes: BTreeMap::new(),
            lines: BTreeMap::new(),
            drawn: 0,
        }
    }

    /// Edits the global rule and activates it.
    pub(crate) fn with_global(mut self, edit: impl FnOnce(&mut Rule)) -> FakeStore {
        self.edit_global(|rule| {
            rule.status = RuleStatus::Active;
            edit(rule);
        });
        self
    }

    pub(crate) fn edit_global(&mut self, edit: impl FnOnce(&mut Rule)) {
        let mut rule = self.rules.global().clone();
        edit(&mut rule);
        rule.version += 1;
        self.rules.replace(rule).unwrap();
    }

    pub(crate) fn add_servers(&mut self, names: &[&str]) {
        self.servers.extend(names.iter().map(|name| name.parse().unwrap()));
    }

    /// A customer of this name, with a player called like them plus `MC`, made when first named.
    pub(crate) fn customer(&mut self, name: &str) -> &mut Customer {
        self.customers.entry(customer(name)).or_insert_with(|| {
            let player = Player { name: format!("{name}MC"), uuid: None };
            let person = Person { customer: customer(name), email: None, player: Some(player) };
            Customer { person, tier: None, registered_at: None }
        })
    }

    /// The code of a customer, made at the first request.
    pub(crate) fn code(&mut self, name: &str) -> Code {
        self.customer(name);
        if let Some(code) = self.links.get(&customer(name)) {
            return code.clone();
        }
        let taken: Vec<Code> = self.links.values().cloned().collect();
        let mut drawn = self.drawn;
        let below = |n: usize| {
            drawn += 7;
            drawn % n
        };
        let code = make_link_code(Some(name), below, |code| taken.contains(code)).unwrap();
        self.drawn = drawn;
        self.links.insert(customer(name), code.clone());
        code
    }

    pub(crate) fn referrer(&self, id: &CustomerId) -> Referrer {
        let who = &self.customers[id];
        let own = self.grants.values().filter(|grant| grant.customer == *id && grant.key.side == Side::Referrer);
        let rows = self.rows.iter().filter(|row| row.referrer == *id);
        let bought = self.orders.values().any(|order| order.buyer.as_ref() == Some(id) && order.is_purchase());
        Referrer {
            person: who.person.clone(),
            tier: who.tier.clone(),
            is_member: who.registered_at.is_some(),
            is_buyer: bought,
            live_grants: own.filter(|grant| grant.is_live()).count() as u32,
            successful: rows.filter(|row| row.status.is_successful()).count() as u32,
        }
    }

    pub(crate) fn standing(&mut self, name: &str) -> Result<RuleId, Reason> {
        self.customer(name);
        let referrer = self.referrer(&customer(name));
        let context = Store { program: &self.program, rules: &self.rules, servers: &self.servers };
        effective(&context, &referrer).map(|rule| rule.id.clone())
    }

    fn latest(&self, person: &Person) -> Option<usize> {
        self.rows.iter().rposition(|row| self.customers[&row.referee].person.is(person))
    }

    /// Binds; the row's place is answered.
    pub(crate) fn bind(
        &mut self,
        who: &str,
        channel: Channel,
        code: &str,
        registers_now: bool,
        clicked: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<usize, BindError> {
        let who = self.customer(who).clone();
        let latest = self.latest(&who.person);
        let owner = Code::parse(code).ok().and_then(|code| self.links.iter().find(|(_, one)| **one == code));
        let owner = owner.map(|(owner, code)| (code.clone(), self.referrer(owner)));
        let id = AttributionId::new(format!("att_{}", self.rows.len()));
        let is_circular = owner.as_ref().is_some_and(|(_, owner)| {
            let reverse =
                |row: &Attribution| row.referrer == who.person.customer && row.referee == owner.person.customer;
            self.rows.iter().any(reverse)
        });
        let mut buyers =
            self.orders.values().filter(|order| order.is_purchase()).filter_map(|order| order.buyer.as_ref());
        let has_bought = buyers.any(|buyer| self.customers[buyer].person.is(&who.person));
        let context = Store { program: &self.program, rules: &self.rules, servers: &self.servers };
        let facts = Bind {
            id: &id,
            link: owner.as_ref().map(|(code, owner)| (code, owner)),
            referee: &who.person,
            registered_at: who.registered_at,
            mistyped_code: false,
            was_rewarded: false,
            registers_now,
            has_bought,
            latest: latest.map(|place| &self.rows[place]),
            is_circular,
            channel,
            clicked_at: clicked,
            at,
        };
        match bind(&context, &facts) {
            Bound::New(row) => {
                self.rows.push(row);
                Ok(self.rows.len() - 1)
            }
            Bound::Existing => Ok(latest.unwrap()),
            Bound::Refused(refusal) => Err(refusal),
        }
    }

    /// A signup through the link, or without any code.
    pub(crate) fn signup(&mut self, who: &str, code: Option<&str>, at: Timestamp) -> Result<(), BindError> {
        let bound = code.map(|code| self.bind(who, Channel::Link, code, true, None, at));
        self.register(who, at);
        bound.transpose().map(|_| ())
    }

    /// Somebody registers, whether or not they are bound.
    pub(crate) fn register(&mut self, who: &str, at: Timestamp) {
        let who = self.customer(who).clone();
        if who.registered_at.is_some() {
            return;
        }
        self.customers.get_mut(&who.person.customer).unwrap().registered_at = Some(at);
        let Some(place) = self.latest(&who.person) else { return };
        let row = self.rows[place].clone();
        let referrer = self.referrer(&row.referrer);
        let today = store_day(at, &self.program.time_zone);
        let is_today = |one: &&Attribution| one.registered_at.is_some_and(|at| today.contains(&at));
        let others = self.rows.iter().filter(|one| one.id != row.id && one.referrer == row.referrer);
        let registered_that_day = others.filter(is_today).count() as u32;
        let context = Store { program: &self.program, rules: &self.rules, servers: &self.servers };
        let facts = Registration {
            attribution: row,
            referrer: &referrer,
            referee: &who.person,
            registered_that_day,
            registered_at: at,
            at,
        };
        let decision = register(&context, facts);
        self.write(place, decision);
    }

    pub(crate) fn paid(
        &mut self,
        who: &str,
        order: &str,
        amount: Money,
        code: Option<&str>,
        at: Timestamp,
    ) -> Option<Reason> {
        let id: OrderId = order.parse().unwrap();
        let person = self.customer(who).person.clone();
        let record = self.orders.entry(id.clone()).or_insert_with(|| OrderRecord::new(id.clone()));
        record.buyer.get_or_insert(person.customer.clone());
        if !record.pay(amount, at) {
            return self.verdicts.get(&id).copied().flatten();
        }
        let record = record.clone();
        let paid_at = record.paid.unwrap().0;
        let fed = self.rows.iter().position(|row| row.is_qualified_by(&id));
        let latest = self.latest(&person);
        let found = candidate(
            &self.program,
            &id,
            fed.map(|place| &self.rows[place]),
            latest.map(|place| &self.rows[place]),
            code.is_some(),
            paid_at,
        );
        let place = match found {
            Candidate::Known(row) => self.rows.iter().position(|one| one.id == row.id),
            Candidate::ByCode => self.bind(who, Channel::CodeCheckout, code.unwrap(), false, None, paid_at).ok(),
            Candidate::None => None,
        };
        let place = place?;
        let row = self.rows[place].clone();
        let is_other = |other: &&OrderRecord| other.id != id && other.is_purchase();
        let mut buyers = self.orders.values().filter(is_other).filter_map(|other| other.buyer.as_ref());
        let has_bought = buyers.any(|buyer| self.customers[buyer].person.is(&person));
        let referrer = self.referrer(&row.referrer);
        let context = Store { program: &self.program, rules: &self.rules, servers: &self.servers };
        let facts = Payment { attribution: row, referrer: &referrer, referee: &person, order: &record, has_bought };
        let decision = pay(&context, facts);
        let reason = decision.reason;
        self.verdicts.entry(id).or_insert(reason);
        self.write(place, decision);
        reason
    }

    pub(crate) fn completed(&mut self, order: &str, at: Timestamp) {
        let id: OrderId = order.parse().unwrap();
        let record = self.orders.entry(id.clone()).or_insert_with(|| OrderRecord::new(id.clone()));
        record.complete(at);
        let completed_at = record.completed_at.unwrap();
        let Some(row) = self.rows.iter().find(|row| row.is_qualified_by(&id)) else { return };
        for grant in complete(&self.grants_of(&row.id), Completion::Told, completed_at) {
            self.grants.insert(grant.key.clone(), grant);
        }
    }

    pub(crate) fn undone(&mut self, order: &str, reversal: ReversalKind, at: Timestamp) {
        let id: OrderId = order.parse().unwrap();
        self.orders.entry(id.clone()).or_insert_with(|| OrderRecord::new(id.clone())).undo(reversal, at);
        self.void(&id, at);
    }

    pub(crate) fn refunded(&mut self, order: &str, total: i64, at: Timestamp) {
        let id: OrderId = order.parse().unwrap();
        self.orders.entry(id.clone()).or_insert_with(|| OrderRecord::new(id.clone())).refund(total);
        self.void(&id, at);
    }

    fn void(&mut self, order: &OrderId, at: Timestamp) {
        let Some(place) = self.rows.iter().position(|row| row.is_qualified_by(order)) else { return };
        let row = self.rows[place].clone();
        let held = self.grants_of(&row.id).into_iter().map(|grant| Held { has_run: self.has_run(&grant.key), grant });
        let held: Vec<Held> = held.collect();
        let names = self.names(&row);
        let purchase = row.purchase.clone();
        let dispatch = self.dispatch(&names, purchase.as_ref());
        let decision = void(&self.program, row, &held, &self.orders[order], &dispatch, at);
        self.write(place, decision);
    }

    pub(crate) fn names(&self, row: &Attribution) -> [Option<String>; 2] {
        [&row.referrer, &row.referee]
            .map(|id| self.customers[id].person.player.as_ref().map(|player| player.name.clone()))
    }

    pub(crate) fn dispatch<'a>(
        &'a self,
        names: &'a [Option<String>; 2],
        purchase: Option<&'a Purchase>,
    ) -> Dispatch<'a> {
        let [referrer, referee] = names;
        Dispatch { servers: &self.servers, referrer: referrer.as_deref(), referee: referee.as_deref(), purchase }
    }

    /// All three sweeps.
    pub(crate) fn sweep(&mut self, now: Timestamp) {
        for place in 0..self.rows.len() {
            let row = self.rows[place].clone();
            let names = self.names(&row);
            let grants = self.grants_of(&row.id);
            let dispatch = self.dispatch(&names, row.purchase.as_ref());
            let changes = sweep::issue_all_due(&self.program, grants.iter().map(|grant| (grant, dispatch)), now);
            let decision = Decision { attribution: row.clone(), changes, reason: None };
            self.write(place, decision);
            self.rows[place] = settle(row.clone(), &self.grants_of(&row.id));
        }
        for late in sweep::expire_pending(&self.rows.clone(), now) {
            let place = self.rows.iter().position(|row| row.id == late.id).unwrap();
            self.rows[place] = late;
        }
        for late in sweep::expire_rewards(self.grants.clone().values(), now) {
            self.grants.insert(late.key.clone(), late);
        }
    }

    pub(crate) fn grants_of(&self, id: &AttributionId) -> Vec<Grant> {
        self.grants.values().filter(|grant| grant.key.attribution == *id).cloned().collect()
    }

    fn has_run(&self, key: &GrantKey) -> bool {
        self.lines.iter().any(|((of, ..), (_, state))| of == key && *state == LineState::Completed)
    }

    fn write(&mut self, place: usize, decision: Decision) {
        self.rows[place] = decision.attribution;
        for change in decision.changes {
            self.grants.insert(change.grant.key.clone(), change.grant);
            change.effects.into_iter().for_each(|effect| self.perform(effect));
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::MintCode { grant, .. } => {
                let code = Code::parse(&format!("D-{}", self.codes.len())).unwrap();
                assert!(self.codes.insert(grant, code).is_none(), "a grant has one code");
            }
            Effect::RevokeCode(key) => assert!(self.codes.contains_key(&key), "what is revoked was made"),
            Effect::Post(entry) => {
                let is_there = |one: &&LedgerEntry| (one.cause, &one.reference) == (entry.cause, &entry.reference);
                assert!(self.ledger.iter().find(is_there).is_none(), "cause and reference are unique");
                self.ledger.push(entry);
            }
            Effect::Queue(key, made) => self.queue(key, 0, made),
            Effect::Reverse(key, made) => self.queue(key, 1, made),
            Effect::CancelLines(key) => {
                for ((of, run_on, ..), (_, state)) in &mut self.lines {
                    if *of == key && *run_on == 0 && !matches!(state, LineState::Completed | LineState::Failed) {
                        *state = LineState::Cancelled;
                    }
                }
            }
        }
    }

    fn queue(&mut self, key: GrantKey, run_on: Occasion, made: FanOut) {
        for line in made.lines {
            let place = (key.clone(), run_on, line.index, line.server.clone());
            assert!(self.lines.insert(place, (line, LineState::Pending)).is_none(), "a line is queued once");
        }
    }
}
