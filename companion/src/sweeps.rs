//! What is done by the clock: expiring what was never offered, and forgetting old idempotency keys.

use crate::app::App;
use crate::db::{DbError, commands, idempotency};
use crate::limits;
use crate::model::Actor;
use crate::store::commands::expire;
use std::sync::Arc;
use tokio::time::{MissedTickBehavior, interval};

/// Runs for ever; stop it by dropping it.
pub(crate) async fn run(app: Arc<App>) {
    let mut ticks = interval(limits::SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = sweep(&app).await {
            tracing::warn!(error = %error, "a sweep failed");
        }
    }
}

/// One sweep.
pub(crate) async fn sweep(app: &App) -> Result<(), DbError> {
    let by = app.by(Actor::companion());
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
