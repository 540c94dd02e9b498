//! Customers, and forgetting them.

use super::{Audit, ServiceError, Wake, effects};
use flux_referrals::OrderHooks;
use flux_shop::{
    CustomerId, CustomerProfile, Order, OrderContent, OrderCustomer, OrderStatus, Player, PlayerName, kind,
};
use flux_storage::{Tx, commands, customers, events, orders, player_places};
use serde_json::json;
use std::collections::BTreeMap;

/// The player of an order whose customer was forgotten.
const NOBODY: &str = "anonymised";

/// `PUT /customers/{id}`: true if the customer is new. The same again changes nothing.
pub fn put(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    id: &CustomerId,
    profile: &CustomerProfile,
) -> Result<(bool, Wake), ServiceError> {
    let before = customers::find(tx, id)?;
    if before.as_ref().is_some_and(|before| before.anonymised_at.is_some()) {
        return Err(ServiceError::conflict("anonymised", "this customer was forgotten, and the id stands for nobody"));
    }
    if before.as_ref().is_some_and(|before| before.profile == *profile) {
        return Ok((false, Wake::new()));
    }
    if let Some(player) = &profile.player
        && let Some(other) = customers::other_with_player(tx, id, player)?
        && !hooks.player_claimed(tx, by, id, player)?
    {
        let message = format!("customer {other} has this player: remove it there first, or use that customer's id");
        return Err(ServiceError::conflict("player_taken", message));
    }
    customers::put(tx, id, profile, tx.now())?;
    // Without personal data, because events are kept for ever.
    events::record(tx, by, kind::CUSTOMER_SAVED, id.as_str(), &json!({}))?;
    let effects = hooks.customer_saved(tx, by, before.as_ref(), id)?;
    Ok((before.is_none(), effects::apply(tx, by, hooks, effects)?))
}

/// `DELETE /customers/{id}`: removes the customer's personal data. Orders, amounts and commands stay under an anonymous id.
/// Refused while an order is unpaid or a command is open, since those still need the data.
pub fn anonymise(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    id: &CustomerId,
    anonymous: &CustomerId,
) -> Result<(), ServiceError> {
    let customer = customers::find(tx, id)?.filter(|customer| customer.anonymised_at.is_none());
    let customer = customer.ok_or(ServiceError::NotFound("customer"))?;
    let email = customer.profile.email.clone();
    let bought = orders::of_customer(tx, id)?;
    let mut players: BTreeMap<String, Player> = BTreeMap::new();
    let ordered = bought.iter().map(|order| order.content.player.clone());
    for player in customer.profile.player.into_iter().chain(ordered) {
        players.entry(player.name.as_str().to_ascii_lowercase()).or_insert(player);
    }
    hooks.customer_forgotten(tx, id, anonymous)?;
    for order in bought {
        forget_order(tx, order, anonymous)?;
    }
    for player in players.values() {
        player_places::forget(tx, &player.name)?;
        // A gift's player may belong to another customer.
        if customers::other_with_player(tx, id, player)?.is_none() && !commands::forget_player(tx, &player.name)? {
            return Err(in_use("a command for their player is open: cancel it first"));
        }
    }
    customers::anonymise(tx, id, anonymous, tx.now())?;
    events::anonymise_customer(tx, id, email.as_ref().map(|email| email.as_str()), anonymous)?;
    Ok(events::record(tx, by, kind::CUSTOMER_ANONYMISED, anonymous.as_str(), &json!({}))?)
}

fn forget_order(tx: &Tx<'_>, order: Order, anonymous: &CustomerId) -> Result<(), ServiceError> {
    if order.status == OrderStatus::Created {
        return Err(in_use(&format!("order {} is not paid yet: cancel it first", order.id)));
    }
    if commands::has_open(tx, &order.id)? {
        return Err(in_use(&format!("order {} has open commands: cancel them first, or wait", order.id)));
    }
    let name: PlayerName = NOBODY.parse().map_err(|_| ServiceError::NotFound("player"))?;
    let content = OrderContent {
        customer: OrderCustomer { id: anonymous.clone(), email: None, name: None },
        player: Player { name, uuid: None },
        // The code contains its owner's name, and a later removal of that owner would no longer find this order.
        referral_code: None,
        ..order.content
    };
    commands::forget_order(tx, &order.id)?;
    Ok(orders::forget(tx, &Order { content, ..order }, tx.now())?)
}

fn in_use(message: &str) -> ServiceError {
    ServiceError::conflict("customer_in_use", message)
}
