//! The reference model: the same rules over plain numbers and strings, with no type of the crate. What it lacks in safety it has in being
//! short enough to be read beside the specification. Times are seconds; customers, orders and rows are numbers.
//! The file is long because it has every rule in one place.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) const DAY: i64 = 86_400;

#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) first_only: bool,
    pub(crate) minimum: i64,
    pub(crate) window: Option<i64>,
    pub(crate) cap: Option<usize>,
    pub(crate) daily: Option<usize>,
    pub(crate) valid: Option<i64>,
    pub(crate) timing: Timing,
    pub(crate) recover: bool,
    pub(crate) revoke: bool,
    /// `keep`, `proportional` or `all`.
    pub(crate) partial: &'static str,
    pub(crate) expiry: Option<i64>,
    /// Points of the referrer.
    pub(crate) for_registration: Option<i64>,
    pub(crate) for_order: Option<i64>,
    /// From which referral on, and how many points.
    pub(crate) ladder: Option<(usize, i64)>,
    /// Percent of the referee.
    pub(crate) welcome: bool,
    pub(crate) thanks: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Timing {
    Now,
    AfterPayment(i64),
    AfterCompletion(i64),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Event {
    Signup { friend: usize, by: usize, is_guest: bool, at: i64 },
    Register { friend: usize, at: i64 },
    Paid { friend: usize, order: usize, amount: i64, code: Option<usize>, at: i64 },
    Completed { order: usize, at: i64 },
    Undone { order: usize, at: i64 },
    Refunded { order: usize, total: i64, at: i64 },
    Redeemed { friend: usize, at: i64 },
    Released { friend: usize, at: i64 },
    Sweep { at: i64 },
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub(crate) by: usize,
    pub(crate) friend: usize,
    window: Option<i64>,
    end: Option<i64>,
    registered: Option<i64>,
    pub(crate) status: &'static str,
    pub(crate) reason: Option<&'static str>,
    order: Option<usize>,
    minimum: i64,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Grant {
    pub(crate) status: &'static str,
    points: i64,
    due: Option<i64>,
    end: Option<i64>,
}

#[derive(Debug, Clone, Default)]
struct Order {
    friend: Option<usize>,
    paid: Option<(i64, i64)>,
    completed: Option<i64>,
    undone: bool,
    refunded: i64,
}

/// (row, side, trigger).
pub(crate) type Key = (usize, &'static str, &'static str);

#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) rows: Vec<Row>,
    pub(crate) grants: BTreeMap<Key, Grant>,
    /// (referrer, points), the key being the cause and the grant.
    entries: BTreeMap<(&'static str, Key), (usize, i64)>,
    orders: BTreeMap<usize, Order>,
    registered: BTreeMap<usize, i64>,
    redeemed: BTreeSet<usize>,
}

impl Model {
    pub(crate) fn points(&self, by: usize) -> i64 {
        self.entries.values().filter(|(who, _)| *who == by).map(|(_, points)| points).sum()
    }

    pub(crate) fn hear(&mut self, config: &Config, event: Event) {
        match event {
            Event::Signup { friend, by, is_guest, at } => {
                let paid = |order: &Order| order.friend == Some(friend) && order.paid.is_some_and(|(_, paid)| paid > 0);
                let needs_first_order = config.first_only && config.for_registration.is_none() && !config.welcome;
                let is_late = needs_first_order && self.orders.values().any(paid);
                if !self.registered.contains_key(&friend) && self.row_of(friend).is_none() && !is_late {
                    self.bind(config, friend, by, (!is_guest).then_some(at), None, at);
                }
                if !is_guest {
                    self.register(config, friend, at);
                }
            }
            Event::Register { friend, at } => self.register(config, friend, at),
            Event::Paid { friend, order, amount, code, at } => self.paid(config, friend, order, amount, code, at),
            Event::Completed { order, at } => self.completed(config, order, at),
            Event::Undone { order, at } => {
                self.orders.entry(order).or_default().undone = true;
                self.void(config, order, at);
            }
            Event::Refunded { order, total, at } => {
                let order_row = self.orders.entry(order).or_default();
                order_row.refunded = order_row.refunded.max(total);
                self.void(config, order, at);
            }
            Event::Redeemed { friend, at } => self.redeem(friend, at),
            Event::Released { friend, at } => self.release(config, friend, at),
            Event::Sweep { at } => self.sweep(config, at),
        }
    }

    fn row_of(&self, friend: usize) -> Option<usize> {
        self.rows.iter().rposition(|row| row.friend == friend)
    }

    fn bind(&mut self, config: &Config, friend: usize, by: usize, now: Option<i64>, before: Option<i64>, at: i64) {
        let window = config.window.map(|days| at + days * DAY);
        let end = Self::end(config, window, before.or(now));
        self.rows.push(Row { by, friend, window, end, registered: before, status: "pending", ..Row::default() });
    }

    fn end(config: &Config, window: Option<i64>, registered: Option<i64>) -> Option<i64> {
        let valid = registered.zip(config.valid).map(|(start, days)| start + days * DAY);
        [window, valid].into_iter().flatten().min()
    }

    fn is_late(row: &Row, at: i64) -> bool {
        ["pending", "expired"].contains(&row.status) && row.end.is_some_and(|end| at > end)
    }

    fn is_open(row: &Row, at: i64) -> bool {
        ["pending", "expired"].contains(&row.status) && !Self::is_late(row, at)
    }

    fn is_full(&self, config: &Config, by: usize) -> bool {
        let live = |(key, grant): &(&Key, &Grant)| {
            key.1 == "referrer" && self.rows[key.0].by == by && !["revoked", "cancelled"].contains(&grant.status)
        };
        config.cap.is_some_and(|cap| self.grants.iter().filter(live).count() >= cap)
    }

    fn register(&mut self, config: &Config, friend: usize, at: i64) {
        if self.registered.contains_key(&friend) {
            return;
        }
        self.registered.insert(friend, at);
        let Some(place) = self.row_of(friend) else { return };
        if self.rows[place].registered.is_some() || self.rows[place].status == "voided" {
            return;
        }
        if Self::is_late(&self.rows[place], at) {
            self.rows[place].status = "expired";
            return;
        }
        let by = self.rows[place].by;
        let today =
            |row: &&Row| row.by == by && row.registered.is_some_and(|when| when.div_euclid(DAY) == at.div_euclid(DAY));
        let is_over = config.daily.is_some_and(|daily| self.rows.iter().filter(today).count() >= daily);
        self.rows[place].registered = Some(at);
        if self.rows[place].status == "expired" {
            self.rows[place].status = "pending";
        }
        if self.rows[place].status == "pending" {
            self.rows[place].end = Self::end(config, self.rows[place].window, Some(at));
        }
        let mut given = false;
        let mut skipped = false;
        if let Some(points) = config.for_registration {
            skipped = is_over || self.is_full(config, by);
            given |= !skipped;
            self.give((place, "referrer", "registration"), points, skipped, Some(at), None);
        }
        if config.welcome {
            given = true;
            let end = config.expiry.map(|days| at + days * DAY);
            self.give((place, "referee", "registration"), 0, false, Some(at), end);
        }
        let is_all = config.for_order.is_none() && config.ladder.is_none() && !config.thanks;
        if is_all && self.rows[place].status == "pending" {
            let reason = if is_over { "daily_limit_reached" } else { "cap_reached" };
            self.conclude(place, given || !skipped, reason);
        }
    }

    fn conclude(&mut self, place: usize, is_rewarded: bool, reason: &'static str) {
        self.rows[place].status = if is_rewarded { "rewarded" } else { "qualified" };
        self.rows[place].reason = (!is_rewarded).then_some(reason);
    }

    fn give(&mut self, key: Key, points: i64, is_skipped: bool, issued: Option<i64>, end: Option<i64>) {
        let status = match (is_skipped, issued) {
            (true, _) => "cancelled",
            (false, Some(_)) => "issued",
            (false, None) => "scheduled",
        };
        if status == "issued" && points > 0 {
            self.entries.insert(("grant", key), (self.rows[key.0].by, points));
        }
        self.grants.insert(key, Grant { status, points, due: None, end });
    }

    fn paid(&mut self, config: &Config, friend: usize, order: usize, amount: i64, code: Option<usize>, at: i64) {
        let entry = self.orders.entry(order).or_default();
        if entry.paid.is_some() {
            return;
        }
        entry.friend = Some(friend);
        entry.paid = Some((at, amount));
        let Order { completed, undone, refunded, .. } = entry.clone();
        let has_bought = self.orders.iter().any(|(other, one)| {
            *other != order && one.friend == Some(friend) && one.paid.is_some_and(|(_, paid)| paid > 0)
        });
        let reopens = |row: &Row| !config.first_only && !Self::is_open(row, at);
        let needs_bind = self.row_of(friend).is_none_or(|place| reopens(&self.rows[place]));
        if let (Some(by), true) = (code, needs_bind) {
            self.bind(config, friend, by, None, self.registered.get(&friend).copied(), at);
        }
        let Some(place) = self.row_of(friend) else { return };
        let rewards_orders = config.for_order.is_some() || config.ladder.is_some() || config.thanks;
        if !Self::is_open(&self.rows[place], at) {
            if Self::is_late(&self.rows[place], at) {
                self.rows[place].status = "expired";
            }
            return;
        }
        self.rows[place].status = "pending";
        if !rewards_orders || amount == 0 || amount < config.minimum || (config.first_only && has_bought) {
            return;
        }
        self.rows[place].order = Some(order);
        self.rows[place].minimum = if config.partial == "all" { amount } else { config.minimum.max(1) };
        if undone || amount - refunded < self.rows[place].minimum {
            self.rows[place].status = "voided";
            self.rows[place].reason = Some("refunded");
            return;
        }
        let by = self.rows[place].by;
        let nth =
            1 + self.rows.iter().filter(|row| row.by == by && ["qualified", "rewarded"].contains(&row.status)).count();
        let points = config.ladder.filter(|(from, _)| nth >= *from).map(|(_, points)| points).or(config.for_order);
        let is_full = self.is_full(config, by);
        let mut waits = false;
        if let Some(points) = points {
            waits = !is_full && config.timing != Timing::Now;
            let key = (place, "referrer", "firstOrder");
            self.give(key, points, is_full, (!waits).then_some(at), None);
            self.grants.get_mut(&key).unwrap().due = match config.timing {
                _ if !waits => None,
                Timing::Now => None,
                Timing::AfterPayment(days) => Some(at + days * DAY),
                Timing::AfterCompletion(days) => completed.map(|at| at + days * DAY),
            };
        }
        if config.thanks {
            let end = config.expiry.map(|days| at + days * DAY);
            self.give((place, "referee", "firstOrder"), 0, false, Some(at), end);
        }
        self.take_share(config, (place, "referrer", "firstOrder"));
        match waits {
            true => self.rows[place].status = "qualified",
            false => self.conclude(place, config.thanks || points.is_none() || !is_full, "cap_reached"),
        }
    }

    fn qualified_by(&self, order: usize) -> Option<usize> {
        self.rows.iter().position(|row| row.order == Some(order))
    }

    fn completed(&mut self, config: &Config, order: usize, at: i64) {
        let at = *self.orders.entry(order).or_default().completed.get_or_insert(at);
        let Timing::AfterCompletion(days) = config.timing else { return };
        let Some(place) = self.qualified_by(order) else { return };
        if let Some(grant) =
            self.grants.get_mut(&(place, "referrer", "firstOrder")).filter(|grant| grant.status == "scheduled")
        {
            grant.due.get_or_insert(at + days * DAY);
        }
    }

    /// Takes back what a return of a part corresponds to, of points that are issued.
    fn take_share(&mut self, config: &Config, key: Key) {
        let Some((_, amount)) = self.rows[key.0].order.and_then(|order| self.orders[&order].paid) else { return };
        let refunded = self.orders[&self.rows[key.0].order.unwrap()].refunded;
        let Some(grant) = self.grants.get(&key).filter(|grant| grant.status == "issued") else { return };
        if key.2 == "firstOrder" && config.recover && config.partial == "proportional" {
            self.entries.insert(("recover", key), (self.rows[key.0].by, -(grant.points * refunded / amount)));
        }
    }

    fn issue(&mut self, config: &Config, key: Key, now: i64) {
        let by = self.rows[key.0].by;
        let grant = self.grants.get_mut(&key).unwrap();
        if grant.status == "scheduled" && grant.due.is_some_and(|due| due <= now) {
            grant.status = "issued";
            self.entries.insert(("grant", key), (by, grant.points));
            self.take_share(config, key);
        }
    }

    fn void(&mut self, config: &Config, order: usize, at: i64) {
        let Some(place) = self.qualified_by(order) else { return };
        let Order { paid, undone, refunded, .. } = self.orders[&order].clone();
        let left = paid.unwrap().1 - refunded;
        if self.rows[place].status == "voided" {
            return;
        }
        if !(undone || left < self.rows[place].minimum) {
            return self.take_share(config, (place, "referrer", "firstOrder"));
        }
        self.rows[place].status = "voided";
        self.rows[place].reason = Some("refunded");
        for side in ["referrer", "referee"] {
            let key = (place, side, "firstOrder");
            if !self.grants.contains_key(&key) {
                continue;
            }
            self.issue(config, key, at);
            let by = self.rows[place].by;
            let grant = self.grants.get_mut(&key).unwrap();
            let is_kept = if grant.points > 0 { !config.recover } else { !config.revoke };
            let is_late = grant.end.is_some_and(|end| at > end);
            match grant.status {
                "scheduled" => grant.status = "cancelled",
                "issued" | "expired" if !is_kept && !is_late => {
                    grant.status = "revoked";
                    if grant.points > 0 {
                        self.entries.insert(("recover", key), (by, -grant.points));
                    }
                }
                _ => {}
            }
        }
    }

    fn redeem(&mut self, friend: usize, at: i64) {
        if self.redeemed.contains(&friend) {
            return;
        }
        let rows = &self.rows;
        let good = |(key, grant): &(&Key, &mut Grant)| {
            let is_there = ["issued", "expired"].contains(&grant.status) && grant.end.is_none_or(|end| at <= end);
            key.1 == "referee" && rows[key.0].friend == friend && is_there
        };
        // 20 percent for the order are better than 10 for registering; then what ends first, then the older code.
        let best = self
            .grants
            .iter_mut()
            .filter(good)
            .min_by_key(|(key, grant)| (key.2 != "firstOrder", grant.end.unwrap_or(i64::MAX), key.0));
        if let Some((_, grant)) = best {
            grant.status = "used";
            self.redeemed.insert(friend);
        }
    }

    fn release(&mut self, config: &Config, friend: usize, at: i64) {
        if !self.redeemed.remove(&friend) {
            return;
        }
        let used = |(key, grant): &(&Key, &mut Grant)| self.rows[key.0].friend == friend && grant.status == "used";
        let Some((key, grant)) = self.grants.iter_mut().find(used) else { return };
        let is_voided = key.2 == "firstOrder" && self.rows[key.0].status == "voided";
        grant.status = match () {
            () if grant.end.is_some_and(|end| at > end) => "expired",
            () if is_voided && config.revoke => "revoked",
            () => "issued",
        };
    }

    fn sweep(&mut self, config: &Config, at: i64) {
        for key in self.grants.keys().copied().collect::<Vec<_>>() {
            let was_open = self.grants[&key].status == "scheduled";
            self.issue(config, key, at);
            if was_open && self.grants[&key].status == "issued" {
                self.rows[key.0].status = "rewarded";
            }
            let grant = self.grants.get_mut(&key).unwrap();
            if grant.status == "issued" && grant.end.is_some_and(|end| at > end) {
                grant.status = "expired";
            }
        }
        for row in &mut self.rows {
            if row.status == "pending" && row.end.is_some_and(|end| at > end) {
                row.status = "expired";
            }
        }
    }
}
