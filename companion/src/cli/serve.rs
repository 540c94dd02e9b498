//! The `serve` command: opens the database and the socket, serves until a signal, reloads on SIGHUP.

use super::CliError;
use crate::config::Config;
use crate::{Resources, reload, serve, server, systemd};
use axum::serve::{Listener, ListenerExt};
use flux_platform::{SystemClock, SystemEntropy, SystemdNotifier};
use flux_storage::Db;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Serves until SIGTERM or SIGINT.
pub(super) fn run(path: &Path, config: Config) -> Result<(), CliError> {
    let level = flux_terminal::log::start("flux-companion", config.log.level, config.log.format);
    for secret in config.secrets.iter().filter(|secret| secret.is_suspicious()) {
        tracing::warn!(secret = %secret, "a secret has a second source or a blank at its end");
    }
    for risk in config.risks() {
        tracing::warn!(setting = risk.what, problem = risk.text, "a setting is not safe");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|_| CliError::Internal)?;
    runtime.block_on(async {
        let (db, closed) = Db::open(&config.database)?;
        let address = config.listen;
        let listener = listener(address)?;
        let metrics = config.metrics.listen.map(self::listener).transpose()?;
        let signals = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
        let hangup = listen(SignalKind::hangup())?;
        let metrics_address = config.metrics.listen.map(tracing::field::display);
        tracing::info!(listen.address = %address, metrics.address = metrics_address, public.url = config.public_url, store.id = config.store.id,
            version = env!("CARGO_PKG_VERSION"), "serving");
        let (notifier, running, seen) = (SystemdNotifier::from_process(), config.clone(), db.clone());
        let resources = Resources { listener, metrics, db, clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) };
        let changed = std::cell::OnceCell::new();
        let shutdown = async {
            tokio::select! { biased;
                () = first_of(signals) => {}
                error = seen.file_changed() => {
                    tracing::error!(error = %error, "the database file was replaced or removed; stopping");
                    // It is set once.
                    let _ = changed.set(error);
                }
            }
            notifier.notify("STOPPING=1\n");
        };
        tokio::select! { biased;
            () = serve(config, resources, shutdown) => {}
            () = systemd::run(&notifier, &seen, address) => {}
            () = reload_at(hangup, || reload::reload(path, &running, &level)) => {}
        }
        drop(seen);
        // The writer ends when the last holder of the database is gone.
        let _ = tokio::time::timeout(crate::limits::DRAIN, closed).await;
        tracing::info!("stopped");
        changed.into_inner().map_or(Ok(()), |error| Err(error.into()))
    })
}

fn listener(address: SocketAddr) -> Result<impl Listener<Addr = SocketAddr>, CliError> {
    let listener = server::listen(address).map_err(|cause| CliError::Listen { address, cause })?;
    // Nagle's algorithm would delay a message to an agent by up to 40 ms, until the previous one is acknowledged.
    Ok(listener.tap_io(|stream| drop(stream.set_nodelay(true))))
}

fn listen(kind: SignalKind) -> Result<Signal, CliError> {
    signal(kind).map_err(|_| CliError::Internal)
}

async fn first_of((mut terminate, mut interrupt): (Signal, Signal)) {
    tokio::select! { biased;
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Runs for ever.
async fn reload_at(mut hangup: Signal, reload: impl Fn()) {
    while hangup.recv().await.is_some() {
        reload();
    }
    std::future::pending().await
}
