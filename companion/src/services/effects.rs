//! Applies what referrals ask for: commands to create, commands to cancel.

use super::{Audit, ServiceError, Wake, commands, reversals};
use flux_referrals::{Effect, Effects, OrderHooks};
use flux_storage::{Tx, commands as commands_repo};

/// Applies effects in their order. Returns the servers whose commands have changed.
pub fn apply(tx: &Tx<'_>, by: &Audit, hooks: &dyn OrderHooks, effects: Effects) -> Result<Wake, ServiceError> {
    let mut wake = Wake::new();
    for effect in effects {
        match effect {
            Effect::Create(new) => {
                wake.insert(new.server_id.clone());
                if commands_repo::find(tx, &new.id)?.is_none() {
                    commands::make(tx, by, *new)?;
                }
            }
            Effect::Cancel(id) => {
                let found = commands_repo::find(tx, &id)?;
                let Some(command) = found.filter(|command| command.state.status.is_open()) else { continue };
                wake.insert(command.new.server_id.clone());
                reversals::after_closing(tx, by, hooks, commands::request_cancel(tx, by, command, None)?)?;
            }
        }
    }
    Ok(wake)
}
