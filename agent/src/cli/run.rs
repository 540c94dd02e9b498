//! `run`: builds the daemon's resources from the machine and runs it until SIGTERM or SIGINT.

use super::output::fail;
use super::{load, mask_token};
use crate::config::{Config, Directories, LiveConfig, Risk, SecretSources};
use crate::control;
use crate::daemon::{self, Resources, StartError};
use crate::game::RconDialer;
use crate::journal::{Journal, JournalError};
use crate::state::Loader;
use crate::telemetry::{self, MetricsListener};
use crate::upstream::{HttpRest, client_config};
use flux_config::exit_code::ExitCode;
use flux_platform::{Clock, SystemClock, SystemEntropy, SystemdNotifier};
use flux_signalr::client::TcpDialer;
use flux_terminal::log::Levels;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

pub(super) fn run(path: &Path) -> ExitCode {
    let config = match load(path) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let levels = flux_terminal::log::start("flux-agent", config.log.level, config.log.format);
    super::block_on(serve(config, path, levels)).unwrap_or_else(|exit| exit)
}

async fn serve(config: Config, path: &Path, levels: Levels) -> ExitCode {
    let live = LiveConfig::from(config);
    match start(live.clone(), path).await {
        Ok((resources, shutdown)) => {
            tokio::spawn(follow_level(live.clone(), levels));
            match daemon::run(live, resources, shutdown).await {
                Ok(()) => ExitCode::Done,
                Err(error @ StartError::Task(_)) => fail(&error, ExitCode::Internal),
                Err(StartError::Journal(error)) => fail(&error, exit_of(&error)),
                Err(error) => fail(&error, ExitCode::Config),
            }
        }
        Err(exit) => exit,
    }
}

/// Builds the daemon's resources, and the future that ends it.
async fn start(live: LiveConfig, path: &Path) -> Result<(Resources, impl Future<Output = ()>), ExitCode> {
    let config = live.get();
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let tls = client_config(config.store.ca_file.as_deref()).map_err(|error| fail(&error, ExitCode::Config))?;
    warn_of_risks(&config)?;
    for secret in config.secrets.iter().filter(|secret| secret.is_suspicious()) {
        tracing::warn!(secret = %secret, "a secret has a second source or a blank at its end");
    }
    let journal = Journal::open(&config.state_dir, config.store.token.server_id(), &*entropy, clock.now())
        .map_err(|error| fail(&error, exit_of(&error)))?;
    let control = bind_control(&config)?;
    let metrics = bind_metrics(&config).await?;
    let rest =
        HttpRest::new(live.clone(), journal.id(), tls.clone()).map_err(|error| fail(&error, ExitCode::Internal))?;
    let (reload, reloads) = mpsc::channel(1);
    let mut hangup = listen(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            // One queued reload is enough.
            let _ = reload.try_send(());
        }
    });
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let shutdown = async move {
        tokio::select! { biased;
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let resources = Resources {
        clock,
        entropy,
        journal,
        dialer: Arc::new(TcpDialer::new(Some(Arc::new(tls)))),
        game: Arc::new(RconDialer::new(live)),
        rest: Arc::new(rest),
        control: Some(control),
        metrics,
        notifier: SystemdNotifier::from_process(),
        loader: loader(path.to_owned()),
        reloads,
    };
    Ok((resources, shutdown))
}

fn listen(kind: SignalKind) -> Result<Signal, ExitCode> {
    signal(kind).map_err(|error| fail(&error, ExitCode::Internal))
}

fn loader(path: PathBuf) -> Loader {
    let (sources, directories) = (SecretSources::from_process(), Directories::from_process(&path));
    Box::new(move || {
        let config = Config::load(&path, &sources, &directories);
        config.inspect(|config| mask_token(&config.store.token)).map_err(|error| error.to_string())
    })
}

async fn follow_level(live: LiveConfig, levels: Levels) {
    let mut changes = live.subscribe();
    while changes.changed().await.is_ok() {
        levels.set(changes.borrow_and_update().log.level);
    }
}

fn bind_control(config: &Config) -> Result<Box<dyn control::Listener>, ExitCode> {
    control::bind(&config.runtime_dir).map_err(|error| fail(&error, ExitCode::CannotCreate))
}

async fn bind_metrics(config: &Config) -> Result<Option<MetricsListener>, ExitCode> {
    let Some(address) = config.metrics.listen else { return Ok(None) };
    let bound = telemetry::bind(address).await;
    bound.map(Some).map_err(|error| {
        fail(
            &format!("metrics.listen: cannot listen on {address}: {error}; set another address"),
            ExitCode::CannotCreate,
        )
    })
}

pub(super) fn exit_of(error: &JournalError) -> ExitCode {
    match error {
        JournalError::Directory { .. } | JournalError::InUse { .. } => ExitCode::CannotCreate,
        JournalError::Damaged { .. } | JournalError::Newer { .. } | JournalError::Row { .. } => ExitCode::Damaged,
        JournalError::NotPermitted { .. } => ExitCode::Permission,
        JournalError::OtherServer { .. } | JournalError::Exposed { .. } | JournalError::Link { .. } => ExitCode::Config,
        JournalError::Storage(_) | JournalError::FileChanged { .. } => ExitCode::Failed,
    }
}

/// Logs what works and is not safe. A state directory that others may write is refused.
fn warn_of_risks(config: &Config) -> Result<(), ExitCode> {
    for Risk { setting, text } in config.risks() {
        tracing::warn!(setting = setting.key(), problem = text, "a setting is not safe");
    }
    let readers = Journal::exposure(&config.state_dir).map_err(|error| fail(&error, exit_of(&error)))?;
    if let Some(exposure) = readers {
        let problem = format!("{} {exposure}", config.state_dir.display());
        tracing::warn!(setting = "state_dir", problem, "a setting is not safe");
    }
    Ok(())
}
