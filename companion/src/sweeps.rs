//! What is done by the clock: expiring what was never offered, forgetting old idempotency keys, and the referrals' sweeps.

use crate::app::App;
use crate::limits;
use crate::services::commands::expire;
use crate::services::{Audit, ServiceError, Wake, referrals as rules};
use flux_shop::Actor;
use flux_storage::{DbError, Tx, commands, idempotency};
use jiff::Timestamp;
use std::sync::Arc;
use tokio::time::{MissedTickBehavior, interval};

/// Runs for ever; stop it by dropping it.
pub(crate) async fn run(app: Arc<App>) {
    let mut ticks = interval(limits::SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        sweep(&app).await;
    }
}

/// One sweep. A part that fails keeps no other from its turn.
pub(crate) async fn sweep(app: &App) {
    let by = app.by(Actor::companion());
    report("commands", expire_commands(app, &by).await.map_err(ServiceError::from));
    for (part, each) in [
        ("issue-due", Sweep::IssueDue),
        ("expire-pending", Sweep::ExpirePending),
        ("expire-rewards", Sweep::ExpireRewards),
    ] {
        report(part, referrals(app, &by, each, by.now).await.map(drop));
    }
    report("codes", give_codes(app, &by).await);
}

fn report(part: &str, swept: Result<(), ServiceError>) {
    if let Err(error) = swept {
        tracing::warn!(error = %error, sweep = part, "a sweep failed");
    }
}

async fn give_codes(app: &App, by: &Audit) -> Result<(), ServiceError> {
    let desk = app.desk();
    loop {
        let (by, desk) = (by.clone(), desk.clone());
        if !app.db.write(move |tx| rules::give_codes(tx, &by, &desk)).await? {
            return Ok(());
        }
    }
}

async fn expire_commands(app: &App, by: &Audit) -> Result<(), DbError> {
    let by = by.clone();
    let forget = by.now.checked_sub(limits::IDEMPOTENCY_TTL).unwrap_or(by.now);
    let expired = app
        .db
        .write(move |tx| {
            idempotency::forget_before(tx, forget)?;
            let due = commands::expired(tx, by.now)?;
            due.into_iter().map(|command| expire(tx, &by, command)).collect::<Result<Vec<_>, DbError>>()
        })
        .await?;
    for command in expired {
        tracing::info!(command.id = %command.new.id, attempt = command.state.attempt.get(),
            server.id = %command.new.server_id, "command expired");
    }
    Ok(())
}

/// A sweep of the referrals.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sweep {
    ExpirePending,
    IssueDue,
    ExpireRewards,
}

/// Does all that a sweep finds as of `at`, some rows in each transaction; how many.
pub(crate) async fn referrals(app: &App, by: &Audit, sweep: Sweep, at: Timestamp) -> Result<u64, ServiceError> {
    let mut total = 0;
    loop {
        let (by, desk) = (by.clone(), app.desk());
        let step = move |tx: &Tx<'_>| match sweep {
            Sweep::ExpirePending => Ok((rules::expire_pending(tx, &by, &desk, at)?, Wake::new())),
            Sweep::IssueDue => rules::issue_due(tx, &by, &desk, at),
            Sweep::ExpireRewards => Ok((rules::expire_rewards(tx, &by, &desk, at)?, Wake::new())),
        };
        let (count, wake) = app.db.write(step).await?;
        app.wake(&wake);
        total += u64::from(count);
        if count < limits::SWEEP_ROWS {
            return Ok(total);
        }
    }
}
