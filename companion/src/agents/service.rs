//! The hub's methods (`docs/reference/protocol.md`).

use super::reports::{self, AgentReports, Reporter};
use super::{Session, auth, dispatcher, record_join};
use crate::app::App;
use crate::limits;
use crate::services::agents::{Contact, Credential, end_session, record_contact, record_game_status, take_seat};
use crate::services::{ServiceError, offers::Offers, seats};
use flux_platform::{CrashPoint, crash_point};
use flux_protocol::limits::BATCH_ITEMS;
use flux_protocol::{
    AgentHello, Batch, ErrorCode, GameStatus, PROTOCOL_VERSION, PlayerRef, ServerId, ServerWelcome, method,
};
use flux_rest::nul;
use flux_shop::Actor;
use flux_signalr::codec::target_matches;
use flux_signalr::hub::{AuthRejection, Caller, Credentials, HubError, HubService, NegotiationKey};
use flux_storage::commands::OfferFilter;
use flux_storage::meta;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The hub of the agents.
pub(crate) struct AgentHub {
    app: Arc<App>,
    key: OnceCell<NegotiationKey>,
}

/// An agent's identity: its server and its secret, so that a replaced token counts as a different agent.
#[derive(Clone)]
pub(crate) struct Agent {
    credential: Credential,
    /// The server's id and the secret's hash, which has a fixed length.
    bytes: Vec<u8>,
}

impl Agent {
    fn new(credential: Credential) -> Agent {
        let bytes = [credential.server_id.as_str().as_bytes(), credential.hash.as_bytes()].concat();
        Agent { credential, bytes }
    }
}

impl PartialEq for Agent {
    fn eq(&self, other: &Agent) -> bool {
        let (own, other) = (&self.credential, &other.credential);
        own.server_id == other.server_id && own.hash.matches(&other.hash)
    }
}

impl AsRef<[u8]> for Agent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl AgentHub {
    pub(super) fn new(app: Arc<App>) -> AgentHub {
        AgentHub { app, key: OnceCell::new() }
    }

    async fn hello(&self, caller: &Caller<Agent>, hello: AgentHello) -> Result<Value, HubError> {
        if hello.protocol_version != PROTOCOL_VERSION {
            let text = format!("this store speaks version {PROTOCOL_VERSION}: install a matching flux-agent");
            return Err(HubError::Refused(ErrorCode::UnsupportedProtocol.message(&text)));
        }
        let app = &self.app;
        let credential = caller.identity.credential.clone();
        let server_id = credential.server_id.clone();
        if app.sessions.on(&server_id, &caller.connection).is_some() {
            return Err(HubError::Refused("Hello was said already".to_owned()));
        }
        // First, so that the seat counts as taken from the transaction on.
        let holder = app.sessions.enter(&caller.connection);
        let now = app.now();
        let written = app
            .write(Actor::agent(&server_id), {
                let (credential, sessions) = (credential.clone(), Arc::clone(&app.sessions));
                move |tx, by, _| {
                    let contact = Contact::Hello(&hello);
                    let present = seats::open_seat(tx, &credential.server_id, &*sessions)?;
                    let server = record_contact(tx, by, &credential, &hello.journal_id, &contact, present.as_ref())?;
                    let seat = take_seat(tx, &server.id, &hello, &holder)?;
                    Ok((server, seat, meta::store_epoch(tx)?))
                }
            })
            .await;
        let (server, seat, store_epoch) = written.map_err(|refused| hub_error(&refused))?;
        let session = Session::new(credential, seat, caller.connection.clone());
        if !app.sessions.register(&session) {
            return Err(hub_error(&ServiceError::SeatLost));
        }
        tracing::info!(server.id = %server_id, agent.version = server.agent.version, "an agent connected");
        tokio::spawn(dispatcher::run(Arc::clone(app), session));
        let server_name = server.name.into();
        let protocol_version = PROTOCOL_VERSION;
        answer(&ServerWelcome { server_id, server_name, protocol_version, now, store_epoch: Some(store_epoch) })
    }

    async fn report(
        &self,
        caller: &Caller<Agent>,
        batch: Batch<flux_protocol::CommandReport>,
    ) -> Result<Value, HubError> {
        let session = self.session(caller)?;
        let from = Reporter {
            credential: caller.identity.credential.clone(),
            journal: session.journal_id.clone(),
            seat: Some(session.seat.clone()),
        };
        let reports = AgentReports { from, batch };
        let (acknowledged, revoked) =
            reports::take_reports(&self.app, reports).await.map_err(|error| hub_error(&error))?;
        dispatcher::push(&session, Offers { revoked, ..Offers::default() });
        answer(&acknowledged)
    }

    /// Sends the commands that wait for this player at once, unless this journal has reported them.
    async fn player_joined(&self, caller: &Caller<Agent>, player: PlayerRef) -> Result<Value, HubError> {
        let session = self.session(caller)?;
        let filter = OfferFilter { quiet_since: None, player: Some(player.name.clone()), limit: BATCH_ITEMS };
        let (credential, seat) = (session.credential.clone(), session.seat.clone());
        let joined = self.app.write_and_wake(Actor::agent(&session.server_id), move |tx, by, hooks| {
            credential.server(tx)?;
            seats::require(tx, Some(&seat))?;
            Ok(((), record_join(tx, by, hooks, &credential.server_id, &player)?))
        });
        joined.await.map_err(|error| hub_error(&error))?;
        let offers = dispatcher::commit(&self.app, &session, filter).await.map_err(|error| hub_error(&error))?;
        dispatcher::push(&session, offers);
        Ok(Value::Null)
    }

    async fn game_status(&self, caller: &Caller<Agent>, status: GameStatus) -> Result<Value, HubError> {
        let seat = self.session(caller)?.seat.clone();
        let credential = caller.identity.credential.clone();
        let written = self.app.db.write(move |tx| record_game_status(tx, &credential, &seat, &status)).await;
        written.map_err(|error| hub_error(&error))?;
        Ok(Value::Null)
    }

    fn session(&self, caller: &Caller<Agent>) -> Result<Arc<Session>, HubError> {
        let session = self.app.sessions.on(&caller.identity.credential.server_id, &caller.connection);
        session.ok_or_else(|| HubError::Refused("the first call is Hello".to_owned()))
    }
}

impl HubService for AgentHub {
    type Identity = Agent;

    async fn authenticate(&self, credentials: Credentials) -> Result<Agent, AuthRejection> {
        let token = credentials.token.as_ref().map(ExposeSecret::expose_secret);
        match auth::authenticate_for_session(&self.app, token).await {
            Ok(credential) => Ok(Agent::new(credential)),
            Err(ServiceError::TokenRevoked | ServiceError::ServerRemoved) => Err(AuthRejection::Unauthorized),
            Err(error) => {
                tracing::warn!(error = %error, "an agent's token could not be checked");
                Err(AuthRejection::Unavailable { retry_after: None })
            }
        }
    }

    async fn negotiation_key(&self) -> Result<NegotiationKey, AuthRejection> {
        let read = || async { self.app.db.read(meta::negotiation_key).await.map(NegotiationKey::new) };
        let key = self.key.get_or_try_init(read).await;
        key.cloned().map_err(|error: flux_storage::Error| {
            tracing::warn!(error = %error, "failed to read the key of connection tokens");
            AuthRejection::Unavailable { retry_after: None }
        })
    }

    /// Closes a connection that sends no `Hello` in time.
    async fn connected(&self, caller: &Caller<Agent>) {
        // Hold only the sessions: holding the database would delay the shutdown.
        let (sessions, caller) = (Arc::clone(&self.app.sessions), caller.clone());
        tokio::spawn(async move {
            tokio::time::sleep(limits::HELLO_WAIT).await;
            if sessions.on(&caller.identity.credential.server_id, &caller.connection).is_none() {
                caller.connection.close(Some("no Hello came".to_owned()), true);
            }
        });
    }

    async fn invoke(&self, caller: &Caller<Agent>, target: &str, arguments: Vec<Value>) -> Result<Value, HubError> {
        let is = |method| target_matches(target, method);
        if is(method::HELLO) {
            self.hello(caller, argument(arguments)?).await
        } else if is(method::REPORT) {
            self.report(caller, argument(arguments)?).await
        } else if is(method::PLAYER_JOINED) {
            self.player_joined(caller, argument(arguments)?).await
        } else if is(method::GAME_STATUS) {
            self.game_status(caller, argument(arguments)?).await
        } else {
            Err(HubError::UnknownMethod)
        }
    }

    async fn disconnected(&self, caller: &Caller<Agent>) {
        let server_id: ServerId = caller.identity.credential.server_id.clone();
        if self.app.sessions.unregister(&server_id, &caller.connection).is_some() {
            tracing::info!(server.id = %server_id, "an agent disconnected");
        }
        // Also without a session: a `Hello` that timed out may have taken the seat.
        let Some(holder) = self.app.sessions.leave(&caller.connection) else { return };
        let actor = Actor::agent(&server_id);
        let written = self.app.write(actor, move |tx, by, _| end_session(tx, by, &server_id, &holder));
        if let Err(error) = written.await {
            tracing::warn!(error = %error, "failed to record disconnect");
        }
    }
}

/// The single argument of a method.
fn argument<T: DeserializeOwned>(mut arguments: Vec<Value>) -> Result<T, HubError> {
    match (arguments.pop(), arguments.len()) {
        (Some(mut value), 0) => {
            nul::replace_in_value(&mut value);
            serde_json::from_value(value).map_err(|_| HubError::InvalidArguments)
        }
        _ => Err(HubError::InvalidArguments),
    }
}

fn answer<T: serde::Serialize>(value: &T) -> Result<Value, HubError> {
    crash_point(CrashPoint::Message);
    serde_json::to_value(value).map_err(|_| HubError::Internal)
}

/// The error that the agent receives.
fn hub_error(refused: &ServiceError) -> HubError {
    match refused {
        ServiceError::AlreadyConnected { hostname } => HubError::Refused(ErrorCode::AlreadyConnected.message(hostname)),
        ServiceError::TokenRevoked => {
            HubError::Refused(ErrorCode::TokenRevoked.message("the store has a new token for this server"))
        }
        ServiceError::ServerRemoved => HubError::Refused(ErrorCode::ServerRemoved.message(&refused.to_string())),
        ServiceError::Db(error) => {
            tracing::error!(error = %error, "an agent's call failed");
            HubError::Internal
        }
        other => HubError::Refused(other.to_string()),
    }
}
