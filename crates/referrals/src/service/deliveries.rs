//! Orders whose commands have all completed, as the completion that a reward waits for.

use super::UnitOfWork;
use super::sessions::date_grants;
use crate::storage::attributions;
use crate::{Effects, Error, ReferralContext};
use flux_protocol::OrderId;
use flux_referral_rules::Completion;
use flux_shop::{Audit, CommandCounts, Delivery};
use flux_storage::{Tx, commands, orders};
use std::collections::BTreeSet;

/// Dates the rewards that wait for the delivery of one of these orders, of each that is delivered by now (D-32).
pub(crate) fn delivered(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    ids: &BTreeSet<&OrderId>,
) -> Result<Effects, Error> {
    let waiting = attributions::waiting_for_completion(tx, ids)?;
    if waiting.is_empty() {
        return Ok(Effects::default());
    }
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    for row in waiting {
        let Some(purchase) = &row.attribution.purchase else { continue };
        if is_delivered(tx, &purchase.order)? {
            date_grants(&mut work, row.attribution, Completion::Delivered, tx.now())?;
        }
    }
    Ok(work.into_effects())
}

/// Returns whether all commands of the order have completed. An order without commands is never delivered.
pub(super) fn is_delivered(tx: &Tx<'_>, id: &OrderId) -> Result<bool, Error> {
    let Some(order) = orders::find(tx, id)? else { return Ok(false) };
    let commands = commands::of_order(tx, id)?;
    let mut counts = CommandCounts::default();
    for command in commands.iter().filter(|command| command.is_delivery_of_order()) {
        if let Some(count) = counts.of(command.state.status.as_str()) {
            *count += 1;
        }
    }
    Ok(counts.delivery(!order.left_out.is_empty()) == Delivery::Delivered)
}
