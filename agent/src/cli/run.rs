//! `run`: builds the daemon's resources from the machine and runs it until SIGTERM or SIGINT.

use super::load;
use super::output::fail;
use crate::config::{Config, Directories, LiveConfig, SecretSources};
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
use std::net::IpAddr;
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
    warn_of_plain_http(&config);
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
    Box::new(move || Config::load(&path, &sources, &directories).map_err(|error| error.to_string()))
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
        JournalError::OtherServer { .. } => ExitCode::Config,
        JournalError::Storage(_) => ExitCode::Failed,
    }
}

/// Warns that the token crosses the network unencrypted.
fn warn_of_plain_http(config: &Config) {
    if crosses_the_internet_in_clear(&config.store.url) {
        tracing::warn!(
            store.url = config.store.url,
            "the connection to the store is not encrypted, so others can read the token; use https"
        );
    }
}

/// True if this address is plain HTTP to somewhere outside loopback and private networks. A name may be anywhere.
fn crosses_the_internet_in_clear(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    if !scheme.eq_ignore_ascii_case("http") {
        return false;
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next(),
        None => authority.split(':').next(),
    };
    let host = host.unwrap_or_default();
    let is_private = match host.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_private() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    };
    !is_private
}

#[cfg(test)]
mod tests {
    use super::crosses_the_internet_in_clear;

    #[test]
    fn plain_http_beyond_private_networks_is_detected() {
        for url in
            ["http://store.example", "HTTP://store.example:8787/x", "http://93.184.216.34", "http://[2001:db8::1]:8787"]
        {
            assert!(crosses_the_internet_in_clear(url), "{url}");
        }
        for url in [
            "https://store.example",
            "http://localhost:1",
            "http://127.0.0.1:8787",
            "http://10.0.0.1/",
            "http://[::1]:8787",
            "http://[fd00::1]",
            "http://[::ffff:10.0.0.1]",
        ] {
            assert!(!crosses_the_internet_in_clear(url), "{url}");
        }
    }
}
