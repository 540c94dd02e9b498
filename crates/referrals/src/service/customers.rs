//! Applies changes of customers to their referrals.

use super::UnitOfWork;
use super::codes_to_mail::note_customer;
use super::reward_commands::release_held;
use super::signup::reward_registration;
use crate::Error;
use crate::ReferralContext;
use crate::forgotten::ForgottenKey;
use crate::ids;
use crate::storage::{attributions, customers as customers_repo, forget as forget_repo};
use crate::{Effect, Effects};
use flux_referral_rules::{CustomerId, Money};
use flux_shop::{Audit, Customer, Player, PlayerName, PlayerUuid, kind};
use flux_storage::{Tx, commands, customers, events};
use serde_json::json;

/// Handles a saved customer: updates the identity in attributions, sends held rewards to a newly linked player, renames
/// the player of unsent commands, and rewards a new registration.
pub(crate) fn changed(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    before: Option<&Customer>,
    id: &flux_shop::CustomerId,
) -> Result<Effects, Error> {
    let id = &CustomerId::new(id.as_str());
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    propagate_identity(&mut work, id)?;
    note_customer(&work, id)?;
    let was_registered = before.is_some_and(|before| before.profile.registered_at.is_some());
    if let Some(at) = work.customer(id)?.registered_at.filter(|_| !was_registered) {
        reward_registration(&mut work, id, at, at)?;
    }
    Ok(work.into_effects())
}

/// Handles a join: updates the name of a known UUID (section 8.2).
pub(crate) fn joined(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    name: &str,
    uuid: Option<&str>,
) -> Result<Effects, Error> {
    let (Ok(name), Some(Ok(uuid))) = (name.parse::<PlayerName>(), uuid.map(str::parse::<PlayerUuid>)) else {
        return Ok(Effects::default());
    };
    let Some(id) = customers::rename_player(tx, &uuid, &name, tx.now())? else { return Ok(Effects::default()) };
    // Without the names, because events are kept for ever.
    events::record(tx, audit, kind::CUSTOMER_SAVED, id.as_str(), &json!({"playerRenamed": true}))?;
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    propagate_identity(&mut work, &CustomerId::new(id.as_str()))?;
    Ok(work.into_effects())
}

/// Anonymises a customer's referrals. Refused while commands of a reward are open.
pub(crate) fn forget(tx: &Tx<'_>, id: &flux_shop::CustomerId, anonymous: &flux_shop::CustomerId) -> Result<(), Error> {
    if forget_repo::has_open(tx, id.as_str())? {
        return Err(Error::conflict(
            "customer_in_use",
            "a reward of theirs has open commands: cancel them first, or wait",
        ));
    }
    let (code, key) = (ids::anonymous_code(tx.entropy()), ForgottenKey::load(tx)?);
    Ok(forget_repo::forget(tx, id.as_str(), anonymous.as_str(), &code, &|mailbox| key.hash(mailbox))?)
}

/// Fills in missing details of a customer, also in their attributions.
pub(super) fn update_profile(
    work: &mut UnitOfWork<'_>,
    id: &CustomerId,
    email: Option<&str>,
    name: Option<&str>,
) -> Result<(), Error> {
    let known = work.customer(id)?;
    let is_news = (known.person.email.is_none() && email.is_some()) || (known.name.is_none() && name.is_some());
    if is_news && customers_repo::update_profile(work.tx(), id, email, name, work.tx().now())? {
        work.customer_changed(id);
        propagate_identity(work, id)
    } else {
        Ok(())
    }
}

/// Updates a customer's identity in attributions and unsent commands.
fn propagate_identity(work: &mut UnitOfWork<'_>, id: &CustomerId) -> Result<(), Error> {
    // Most customers have nothing to do with a referral.
    if !customers_repo::has_referral(work.tx(), id)? {
        return Ok(());
    }
    let person = work.customer(id)?.person;
    attributions::update_referee(work.tx(), &person)?;
    let Some(player) = &person.player else { return Ok(commands::hold_unsent(work.tx(), id)?) };
    for server in commands::rename_unsent(work.tx(), id, player)? {
        work.add(Effect::Offer(server));
    }
    release_held(work, id, player)
}

/// Takes a player from customers who have them by name alone, for a customer who names the UUID as well (section 8.1).
/// Returns whether somebody lost the player.
pub(crate) fn take_player(tx: &Tx<'_>, audit: &Audit, to: &str, player: &Player) -> Result<bool, Error> {
    let losers = customers::unlink_by_name(tx, to, player)?;
    for id in &losers {
        // Without the name, because events are kept for ever.
        events::record(tx, audit, kind::CUSTOMER_SAVED, id.as_str(), &json!({"playerUnlinked": true}))?;
        let loser = CustomerId::new(id.as_str());
        attributions::clear_player_name(tx, &loser, player.name.as_str())?;
        // The player's rewards are not for whoever has the player now.
        commands::hold_unsent(tx, &loser)?;
    }
    Ok(!losers.is_empty())
}

/// Links the player that a customer names as their own. With the UUID, it is taken from whoever has the name alone.
pub(super) fn claim_player(work: &mut UnitOfWork<'_>, id: &CustomerId, player: &Player) -> Result<(), Error> {
    link_player_if_free(work, id, player)?;
    let is_open = work.customer(id)?.person.player.is_none();
    if is_open && player.uuid.is_some() && take_player(work.tx(), work.audit(), id.as_str(), player)? {
        work.customers_changed();
        link_player_if_free(work, id, player)?;
    }
    Ok(())
}

/// Links the player of a purchase: a free order is none, and anybody may place it for anybody's player (D-05).
pub(super) fn link_buyers_player(
    work: &mut UnitOfWork<'_>,
    id: &CustomerId,
    player: &Player,
    amount: Money,
) -> Result<(), Error> {
    if amount.amount() == 0 {
        return Ok(());
    }
    link_player_if_free(work, id, player)
}

/// Links a player to a customer without one, if no other customer has the player (section 8.1).
fn link_player_if_free(work: &mut UnitOfWork<'_>, id: &CustomerId, player: &Player) -> Result<(), Error> {
    if work.customer(id)?.person.player.is_none() && customers::link_player_if_free(work.tx(), id.as_str(), player)? {
        work.customer_changed(id);
        return propagate_identity(work, id);
    }
    Ok(())
}
