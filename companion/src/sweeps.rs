//! Periodic work: expires commands that were never offered, forgets old idempotency keys and runs the referrals' sweeps.

use crate::app::App;
use crate::services::commands::expire;
use crate::services::{ServiceError, agents, moves};
use crate::{leases, limits};
use flux_referrals::http::Sweep;
use flux_shop::Actor;
use flux_storage::leases::{Job, Lease};
use flux_storage::{commands, idempotency};
use std::sync::Arc;
use tokio::time::{MissedTickBehavior, interval};

/// Runs for ever; stop it by dropping it.
pub(crate) async fn run(app: Arc<App>) {
    let lease = leases::take(&app, Job::Sweeps).await;
    let mut ticks = interval(limits::SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if leases::is_held(&app, &lease).await {
            sweep(&app, &lease).await;
        }
    }
}

/// Runs one sweep. A part that fails does not stop the others.
pub(crate) async fn sweep(app: &Arc<App>, lease: &Lease) {
    let actor = Actor::companion();
    report("agents", notice_late_pollers(app).await);
    report("commands", expire_commands(app).await);
    let referrals = app.referral_api();
    for (part, each) in [
        ("issue-due", Sweep::IssueDue),
        ("expire-pending", Sweep::ExpirePending),
        ("expire-rewards", Sweep::ExpireRewards),
    ] {
        report(part, referrals.sweep(&actor, each, app.now()).await.map(drop).map_err(ServiceError::from));
    }
    report("counters", referrals.fold_counters().await.map_err(ServiceError::from));
    report("codes", referrals.issue_missing_codes(&actor, lease).await.map_err(ServiceError::from));
}

fn report(part: &str, swept: Result<(), ServiceError>) {
    if let Err(error) = swept {
        tracing::warn!(error = %error, sweep = part, "a sweep failed");
    }
}

async fn notice_late_pollers(app: &App) -> Result<(), ServiceError> {
    let late = app.write(Actor::companion(), |tx, by, _| agents::notice_late_pollers(tx, by)).await?;
    for server in late {
        tracing::info!(server.id = %server, "an agent has stopped polling");
    }
    Ok(())
}

async fn expire_commands(app: &App) -> Result<(), ServiceError> {
    let expired = app
        .write(Actor::companion(), |tx, by, hooks| {
            let now = tx.now();
            moves::trim(tx)?;
            idempotency::forget_before(tx, now.checked_sub(limits::IDEMPOTENCY_TTL).unwrap_or(now))?;
            let due = commands::expired(tx, now)?;
            due.into_iter().map(|command| expire(tx, by, hooks, command)).collect::<Result<Vec<_>, ServiceError>>()
        })
        .await?;
    for command in expired {
        tracing::info!(command.id = %command.new.id, attempt = command.state.attempt.get(),
            server.id = %command.new.server_id, "command expired");
    }
    Ok(())
}
