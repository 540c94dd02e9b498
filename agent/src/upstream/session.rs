//! Keeps the session with the store: opens it, sends `Hello`, handles incoming calls, and reopens it after a loss or with a new token.

use super::advice::explain;
use super::{excerpt, intake, record_answer, token_rejected};
use crate::VERSION;
use crate::config::Config;
use crate::limits::{CALL_DEADLINE, REFUSED_RETRY, SESSION_ATTEMPT};
use crate::state::{Link, Phase, SessionState, Shared};
use flux_platform::{CrashPoint, crash_point};
use flux_protocol::{AgentHello, Batch, ErrorCode, GameStatus, PROTOCOL_VERSION, ParsedWelcome, SecretHash, method};
use flux_signalr::client::{CallError, Client, ErrorClass, IncomingCall, ReconnectHandle, Session, State};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Name of this task for the watchdog.
const TASK: &str = "session";

/// Keeps a session open until the daemon stops. A new token reopens it at once.
pub(super) async fn run(shared: &Shared, mut client: Client) {
    let (reconnect, mut changes) = (client.reconnect_handle(), ConfigWatch::of(shared));
    loop {
        let session = loop {
            client.set_max_retry_after(changes.longest_wait);
            // A dropped attempt starts anew; the rest of a wait still counts.
            tokio::select! { biased;
                () = shared.reached(Phase::Draining) => return,
                session = client.next_session() => break session,
                change = changes.next() => if change == Change::Token { use_new_token(shared, &reconnect) },
            }
        };
        match hello(shared, &session).await {
            Ok(welcome) => serve(shared, session, welcome, &mut changes, &reconnect).await,
            Err(error) => {
                refused(shared, &error);
                if matches!(error, HelloError::Refused(_)) {
                    client.hold_off(REFUSED_RETRY);
                }
                session.connection.stop().await;
            }
        }
        shared.link.send_replace(Link::Down);
    }
}

/// A change of the configuration in force that matters to the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Token,
    LongestWait,
}

/// Detects such changes.
struct ConfigWatch {
    changes: watch::Receiver<Arc<Config>>,
    token: SecretHash,
    /// `polling.max`: the longest `Retry-After` that the session obeys.
    longest_wait: Duration,
}

impl ConfigWatch {
    fn of(shared: &Shared) -> ConfigWatch {
        let mut changes = shared.live.subscribe();
        let config = changes.borrow_and_update().clone();
        ConfigWatch { changes, token: config.store.token.hash(), longest_wait: config.polling.max }
    }

    /// Waits for the next change.
    async fn next(&mut self) -> Change {
        while self.changes.changed().await.is_ok() {
            let config = self.changes.borrow_and_update().clone();
            let is_new_wait = std::mem::replace(&mut self.longest_wait, config.polling.max) != config.polling.max;
            let token = config.store.token.hash();
            if !token.matches(&self.token) {
                self.token = token;
                return Change::Token;
            }
            if is_new_wait {
                return Change::LongestWait;
            }
        }
        std::future::pending().await
    }
}

/// Connects at once with the new token, and forgets the error of the old one.
fn use_new_token(shared: &Shared, reconnect: &ReconnectHandle) {
    shared.store.send_modify(|view| {
        view.session = SessionState::Connecting;
        view.error = None;
    });
    reconnect.retry_now();
}

/// Copies the client's state to `status` and the watchdog while there is no session.
pub(super) async fn watch_states(shared: &Shared, mut states: watch::Receiver<State>) {
    loop {
        let state = states.borrow_and_update().clone();
        match state {
            State::Connected | State::Stopped => shared.heartbeat.idle(TASK),
            State::Connecting => shared.heartbeat.expect_within(TASK, SESSION_ATTEMPT),
            State::Reconnecting { class, error, delay, diagnosis, .. } => {
                shared.heartbeat.expect_within(TASK, delay + SESSION_ATTEMPT);
                // The agent's own stop says nothing about the store: the reason for it stays on display.
                if class == ErrorClass::Stopped {
                    shared.link.send_replace(Link::Down);
                } else {
                    let store = &shared.config().store;
                    let path = format!("{}/negotiate", store.hub_path);
                    down(shared, explain(&error, diagnosis.as_ref(), store, &path));
                }
                tracing::debug!(error.class = %class, error, delay.seconds = delay.as_secs_f64(), "session down");
            }
            State::Rejected { status } => {
                shared.heartbeat.expect_within(TASK, REFUSED_RETRY + SESSION_ATTEMPT);
                token_rejected(shared, status);
                shared.link.send_replace(Link::Down);
            }
        }
        tokio::select! { biased;
            () = shared.reached(Phase::Stopping) => return shared.heartbeat.idle(TASK),
            changed = states.changed() => if changed.is_err() { return },
        }
    }
}

/// Records that the session was lost or could not be opened. A refusal by the store stays on display.
fn down(shared: &Shared, error: String) {
    let (session, known) = {
        let view = shared.store.borrow();
        (view.session, view.error.clone())
    };
    if matches!(session, SessionState::Connecting | SessionState::Connected | SessionState::Reconnecting) {
        match session {
            SessionState::Connected => tracing::warn!(error, "session lost; polling until it is back"),
            _ if known.as_ref() != Some(&error) => tracing::warn!(error, "store unreachable; retrying"),
            _ => {}
        }
        shared.store.send_modify(|view| {
            view.session = SessionState::Reconnecting;
            view.error = Some(error);
            let (since, tries) = view.outage.unwrap_or_else(|| (Instant::now(), 0));
            view.outage = Some((since, tries + 1));
        });
    }
    shared.link.send_replace(Link::Down);
}

enum HelloError {
    /// The store refused this agent.
    Refused(String),
    /// The call failed.
    Call(CallError),
    /// The answer is not a welcome.
    Answer(String),
}

async fn hello(shared: &Shared, session: &Session) -> Result<ParsedWelcome, HelloError> {
    let hello = AgentHello {
        agent_version: VERSION.to_owned(),
        protocol_version: PROTOCOL_VERSION,
        journal_id: shared.journal().id().clone(),
        hostname: rustix::system::uname().nodename().to_str().ok().map(str::to_owned),
        game_state: shared.game.borrow().state,
    };
    let argument = serde_json::to_value(hello).map_err(|error| HelloError::Answer(error.to_string()))?;
    crash_point(CrashPoint::Message);
    let answer = session.connection.invoke_raw(method::HELLO, vec![argument], CALL_DEADLINE).await.map_err(
        |error| match error {
            CallError::Refused(text) => HelloError::Refused(text),
            other => HelloError::Call(other),
        },
    )?;
    let welcome: ParsedWelcome = answer.parse().map_err(|error| HelloError::Answer(excerpt(&error.to_string())))?;
    if welcome.protocol_version != PROTOCOL_VERSION {
        return Err(HelloError::Refused(
            ErrorCode::UnsupportedProtocol.message("the store uses another version of the protocol"),
        ));
    }
    Ok(welcome)
}

fn refused(shared: &Shared, error: &HelloError) {
    let (text, session) = match error {
        HelloError::Refused(text) => {
            match ErrorCode::from_message(text) {
                Some(ErrorCode::ServerRemoved) => server_removed(shared),
                Some(ErrorCode::AlreadyConnected) => {
                    tracing::error!(error = text, "another agent is connected with this token; stop one of the two");
                }
                _ => tracing::error!(error = text, "the store refused this agent"),
            }
            (text.clone(), SessionState::Refused)
        }
        HelloError::Call(error) => (error.to_string(), SessionState::Reconnecting),
        HelloError::Answer(problem) => {
            (format!("cannot read the store's welcome: {problem}"), SessionState::Reconnecting)
        }
    };
    shared.store.send_modify(|view| {
        view.session = session;
        view.error = Some(text);
    });
}

fn server_removed(shared: &Shared) {
    tracing::error!("the server was removed from the store; no more commands run");
    if let Err(error) = shared.journal().set_removed(true) {
        tracing::error!(%error, "failed to record that the server was removed");
    }
}

async fn serve(
    shared: &Shared,
    mut session: Session,
    welcome: ParsedWelcome,
    changes: &mut ConfigWatch,
    reconnect: &ReconnectHandle,
) {
    record_answer(shared, shared.read_hint("now", welcome.now));
    if let Err(error) = shared.journal().set_removed(false) {
        tracing::error!(%error, "failed to record that the server exists");
    }
    let outage = shared.store.borrow().outage;
    let server_name = excerpt(&welcome.server_name);
    tracing::info!(
        server.id = %welcome.server_id,
        server.name = server_name,
        tries = outage.map_or(0, |(_, tries)| tries),
        outage.seconds = outage.map_or(0, |(since, _)| since.elapsed().as_secs()),
        "session open"
    );
    shared.metrics.count_session();
    shared.store.send_modify(|view| {
        view.session = SessionState::Connected;
        view.server_name = Some(server_name);
        view.error = None;
        view.outage = None;
    });
    shared.link.send_replace(Link::Up(session.connection.clone()));
    shared.wake_game.notify_one();
    let mut game = shared.game.subscribe();
    game.mark_changed();
    loop {
        tokio::select! { biased;
            () = shared.reached(Phase::Stopping) => break session.connection.stop().await,
            change = changes.next() => if change == Change::Token {
                tracing::info!("reopening the session with the new token");
                use_new_token(shared, reconnect);
                break session.connection.stop().await;
            },
            incoming = session.incoming.recv() => match incoming {
                Some(incoming) => handle_incoming(shared, incoming),
                None => break,
            },
            _ = game.changed() => {
                let status = { let view = game.borrow_and_update(); GameStatus { state: view.state, players: view.players } };
                if let Ok(status) = serde_json::to_value(status) {
                    crash_point(CrashPoint::Message);
                    // A lost status is repeated at the start of the next session.
                    let _ = session.connection.send(method::GAME_STATUS, vec![status]).await;
                }
            }
        }
    }
    let ended = session.connection.closed().await;
    if ErrorCode::from_message(&ended.text) == Some(ErrorCode::ServerRemoved) {
        server_removed(shared);
    }
}

fn handle_incoming(shared: &Shared, incoming: IncomingCall) {
    if shared.is(Phase::Draining) {
        return; // not acknowledged, so the store offers it again
    }
    record_answer(shared, None);
    if incoming.is(method::DELIVER) {
        if let Some(batch) = batch(&incoming) {
            intake::deliver(shared, batch, "session");
        }
    } else if incoming.is(method::REVOKE) {
        if let Some(batch) = batch(&incoming) {
            intake::revoke(shared, batch, "session");
        }
    } else {
        tracing::debug!(target = incoming.target, "the store called an unknown method");
    }
}

fn batch<T: DeserializeOwned>(incoming: &IncomingCall) -> Option<Batch<T>> {
    let batch = incoming.arguments.first();
    batch
        .inspect_err(|error| {
            let error = excerpt(&error.to_string());
            tracing::warn!(target = incoming.target, error, "the store sent a batch that is not a list");
        })
        .ok()
}
