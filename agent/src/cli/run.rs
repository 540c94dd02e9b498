use super::{complain, load};
use crate::config::Config;
use crate::daemon::{self, Resources, StartError};
use crate::exit::Exit;
use crate::game::RconDialer;
use crate::journal::{Journal, JournalError};
use crate::store::{HttpRest, client_config};
use crate::{control, telemetry};
use flux_ambient::{Clock, SystemClock, SystemEntropy};
use flux_rcon::Timeouts;
use flux_signalr::client::TcpDialer;
use std::path::Path;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

pub(super) fn run(path: &Path) -> Exit {
    let config = match load(path) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    telemetry::start(&config.log);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error, Exit::Internal),
    };
    runtime.block_on(serve(config))
}

async fn serve(config: Config) -> Exit {
    let resources = match resources(&config) {
        Ok(resources) => resources,
        Err(exit) => return exit,
    };
    let (mut terminate, mut interrupt) = match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(terminate), Ok(interrupt)) => (terminate, interrupt),
        (Err(error), _) | (_, Err(error)) => return complain(&error, Exit::Internal),
    };
    let shutdown = async move {
        tokio::select! { biased;
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    match daemon::run(config, resources, shutdown).await {
        Ok(()) => Exit::Done,
        Err(error @ StartError::Task(_)) => complain(&error, Exit::Internal),
        Err(error) => complain(&error, Exit::Config),
    }
}

fn resources(config: &Config) -> Result<Resources, Exit> {
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let tls = client_config(config.store.ca_file.as_deref()).map_err(|error| complain(&error, Exit::Config))?;
    warn_of_plain_http(config);
    let journal = Journal::open(&config.state_dir, config.store.token.server_id(), &*entropy, clock.now())
        .map_err(|error| complain(&error, exit_of(&error)))?;
    let control = control::bind(&config.runtime_dir).map_err(|error| {
        complain(
            &format!(
                "cannot make the control socket in {}: {error}; make the directory, or set runtime_dir",
                config.runtime_dir.display()
            ),
            Exit::CannotCreate,
        )
    })?;
    let rest =
        HttpRest::new(&config.store, journal.id(), tls.clone()).map_err(|error| complain(&error, Exit::Internal))?;
    let game = RconDialer {
        address: config.rcon.address.clone(),
        password: config.rcon.password.clone(),
        timeouts: Timeouts::each(config.rcon.timeout),
    };
    Ok(Resources {
        clock,
        entropy,
        journal,
        dialer: Arc::new(TcpDialer::new(Some(Arc::new(tls)))),
        game: Arc::new(game),
        rest: Arc::new(rest),
        control: Some(control),
    })
}

pub(super) fn exit_of(error: &JournalError) -> Exit {
    match error {
        JournalError::Directory { .. } | JournalError::InUse { .. } => Exit::CannotCreate,
        JournalError::Damaged { .. } | JournalError::Newer { .. } | JournalError::Row { .. } => Exit::Damaged,
        JournalError::OtherServer { .. } => Exit::Config,
        JournalError::Storage(_) => Exit::Failed,
    }
}

/// The token crosses the network in the clear then.
fn warn_of_plain_http(config: &Config) {
    let Some(host) = config.store.url.strip_prefix("http://") else { return };
    let host = host.split(['/', ':']).next().unwrap_or_default();
    let private = match host.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(address)) => address.is_loopback() || address.is_private() || address.is_link_local(),
        Ok(std::net::IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        Err(_) => host == "localhost" || host.starts_with('['),
    };
    if !private {
        tracing::warn!(
            store.url = config.store.url,
            "the store is reached without TLS: whoever listens on the way can take the token; use https"
        );
    }
}
