//! What a customer's changes mean for their referrals.

use super::{Desk, ServiceError, Wake, Work};
use crate::secrets;
use crate::services::Audit;
use flux_referral_rules::CustomerId;
use flux_referrals::storage::{attributions, forget as rows, people};
use flux_shop::{CustomerRow, Player, PlayerName, PlayerUuid};
use flux_storage::{Tx, commands, customers};

/// A customer was saved: friends are found again by what is known of them now, rewards that waited for a player go out,
/// those not yet sent are for the player's new name, and a registration that is news is rewarded.
pub fn changed(
    tx: &Tx<'_>,
    by: &Audit,
    desk: &Desk,
    before: Option<&CustomerRow>,
    id: &CustomerId,
) -> Result<Wake, ServiceError> {
    let mut work = Work::begin(tx, by, desk)?;
    work.know(id)?;
    let mut wake = std::mem::take(&mut work.wake);
    let was_registered = before.is_some_and(|before| before.body.registered_at.is_some());
    if let Some(at) = work.customer(id)?.registered_at.filter(|_| !was_registered) {
        wake.extend(super::registered(tx, by, desk, id, at)?);
    }
    Ok(wake)
}

/// A player has joined: the name of a known UUID is learnt (section 8.2).
pub fn joined(tx: &Tx<'_>, by: &Audit, desk: &Desk, name: &str, uuid: Option<&str>) -> Result<Wake, ServiceError> {
    let (Ok(name), Some(Ok(uuid))) = (name.parse::<PlayerName>(), uuid.map(str::parse::<PlayerUuid>)) else {
        return Ok(Wake::new());
    };
    let Some(id) = customers::rename_player(tx, &uuid, &name, by.now)? else { return Ok(Wake::new()) };
    let mut work = Work::begin(tx, by, desk)?;
    work.know(&CustomerId::new(id.as_str()))?;
    Ok(work.wake)
}

/// Takes a customer out of the referrals. Refused while a reward of theirs is on its way.
pub fn forget(
    tx: &Tx<'_>,
    desk: &Desk,
    id: &flux_shop::CustomerId,
    anonymous: &flux_shop::CustomerId,
) -> Result<(), ServiceError> {
    if rows::has_open(tx, id.as_str())? {
        return Err(ServiceError::conflict(
            "customer_in_use",
            "a reward of theirs has open commands: cancel them first, or wait",
        ));
    }
    Ok(rows::forget(tx, id.as_str(), anonymous.as_str(), &secrets::anonymous_code(&*desk.entropy))?)
}

impl Work<'_> {
    /// Fills in what is not known of a customer yet, on what binds them too.
    pub(super) fn learn(
        &mut self,
        id: &CustomerId,
        email: Option<&str>,
        name: Option<&str>,
    ) -> Result<(), ServiceError> {
        if people::learn(self.tx, id, email, name, self.by.now)? { self.know(id) } else { Ok(()) }
    }

    /// Who a customer is by now.
    fn know(&mut self, id: &CustomerId) -> Result<(), ServiceError> {
        let person = self.customer(id)?.person;
        attributions::know_referee(self.tx, &person)?;
        if let Some(player) = &person.player {
            commands::rename_unsent(self.tx, id, player)?;
            self.release(id, player)?;
        }
        Ok(())
    }

    /// Links a player to a customer who has none, if nobody else has it (section 8.1).
    pub(super) fn link_player_if_free(&mut self, id: &CustomerId, player: &Player) -> Result<(), ServiceError> {
        let has_one = self.customer(id)?.person.player.is_some();
        let whose: flux_shop::CustomerId = id.as_str().parse().map_err(|_| ServiceError::NotFound("customer"))?;
        if has_one || customers::other_with_player(self.tx, &whose, player)?.is_some() {
            return Ok(());
        }
        let uuid = player.uuid.as_ref().map(customers::strip_dashes);
        people::link_player(self.tx, id, player.name.as_str(), uuid.as_deref(), self.by.now)?;
        self.know(id)
    }
}
