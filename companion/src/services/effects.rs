//! Applies the effects of the referrals: creates and cancels commands.

use super::changes::{Changes, make_all};
use super::{Audit, ServiceError, Wake, reversals};
use flux_protocol::CommandId;
use flux_referrals::{Effect, Effects, OrderHooks};
use flux_storage::{Tx, commands as commands_repo};
use std::collections::BTreeSet;

/// Creates all commands that the effects name, then cancels those that they name. Returns the servers whose commands have changed.
pub fn apply(tx: &Tx<'_>, by: &Audit, hooks: &dyn OrderHooks, effects: Effects) -> Result<Wake, ServiceError> {
    let (mut created, mut cancelled, mut wake) = (Vec::new(), Vec::new(), Wake::new());
    for effect in effects {
        match effect {
            Effect::Create(new) => created.push(*new),
            Effect::Cancel(id) => cancelled.push(id),
            Effect::Offer(server) => {
                wake.insert(server);
            }
        }
    }
    if !created.is_empty() {
        let known = commands_repo::find_all(tx, created.iter().map(|new| &new.id))?;
        wake.extend(created.iter().map(|new| new.server_id.clone()));
        let mut known: BTreeSet<CommandId> = known.into_iter().map(|command| command.new.id).collect();
        created.retain(|new| known.insert(new.id.clone()));
        make_all(tx, by, created)?;
    }
    if !cancelled.is_empty() {
        let mut changes = Changes::default();
        for command in commands_repo::find_all(tx, &cancelled)? {
            if command.state.status.is_open() {
                wake.insert(command.new.server_id.clone());
                changes.request_cancel(tx.now(), command, None);
            }
        }
        wake.extend(reversals::after_closing_all(tx, by, hooks, &changes.write(tx, by)?)?);
    }
    Ok(wake)
}
