//! Tests the store once, for `check --online` and `token set`: opens a session without `Hello`, and makes one call of the
//! REST API. Neither changes anything at the store, or disturbs a running daemon.

use super::advice::explain;
use super::http_rest::{Answer, client, exchange};
use super::rest::{Call, Method, RestError};
use super::tls::client_config;
use crate::config::Store;
use flux_protocol::{ParsedReportsResponse, TemplatesResponse};
use flux_signalr::client::{Client, ClientOptions, Diagnosis, State, TcpDialer, TokenSource};
use jiff::Timestamp;
use reqwest::header::{DATE, HeaderMap};
use secrecy::SecretString;
use std::sync::Arc;

/// The reason the store did not confirm the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// The store itself rejected the token.
    #[error("the store rejected the token (HTTP {0})")]
    TokenRejected(u16),
    /// A proxy passes no WebSockets. Polling may still work.
    #[error("{0}")]
    NoWebSockets(String),
    /// The store cannot be reached, or something else answered; with advice.
    #[error("{0}")]
    Failed(String),
}

/// Opens a session and closes it before `Hello`. The store has then confirmed the token in SignalR's own JSON.
pub async fn open_session(store: &Store) -> Result<(), ProbeError> {
    let failed = |error: String| ProbeError::Failed(error);
    let tls = client_config(store.ca_file.as_deref()).map_err(|error| failed(error.to_string()))?;
    let url = store.hub_url().parse().map_err(|error| failed(format!("store.url: {error}")))?;
    let dialer = Arc::new(TcpDialer::new(Some(Arc::new(tls))));
    let tokens = Arc::new(Token(store.token.expose()));
    let mut client = Client::new(ClientOptions::new(url), dialer, tokens, Box::new(|_| 0));
    let mut states = client.states();
    let ended = |state: &State| matches!(state, State::Reconnecting { .. } | State::Rejected { .. });
    let session = tokio::select! { biased;
        state = states.wait_for(ended) => Err(state.map_or(State::Stopped, |state| state.clone())),
        session = client.next_session() => Ok(session),
    };
    match session {
        Ok(session) => {
            session.connection.stop().await;
            Ok(())
        }
        Err(State::Rejected { status }) => Err(ProbeError::TokenRejected(status)),
        Err(State::Reconnecting { error, diagnosis, .. }) => {
            let text = explain(&error, diagnosis.as_ref(), store, &format!("{}/negotiate", store.hub_path));
            let no_sockets = diagnosis == Some(Diagnosis::NoWebSockets);
            Err(if no_sockets { ProbeError::NoWebSockets(text) } else { ProbeError::Failed(text) })
        }
        Err(_) => Err(failed("the attempt was stopped".into())),
    }
}

/// Reports nothing over REST, without naming a journal: the store confirms the token with its answer, or with an error of its
/// own about the call. Returns the store's time.
pub async fn call_api(store: &Store) -> Result<Option<Timestamp>, ProbeError> {
    let failed = |error: String| ProbeError::Failed(error);
    let call = Call { method: Method::Post, path: "/reports".into(), body: Some(br#"{"reports":[]}"#.to_vec()) };
    let path = format!("{}{}", store.api_path, call.path);
    let answer = call_once(store, call).await?;
    if answer.status.is_success() {
        return match serde_json::from_slice::<ParsedReportsResponse>(&answer.body) {
            Ok(_) => Ok(time(&answer.headers)),
            Err(_) => {
                Err(failed(explain("the answer is not the store's", Some(&Diagnosis::NotTheServer), store, &path)))
            }
        };
    }
    match RestError::of_response(answer.unexpected(store), store, &path) {
        RestError::Status { status, rejects_token: true, .. } => Err(ProbeError::TokenRejected(status)),
        RestError::Status { status: 400..500, is_own: true, .. } => Ok(time(&answer.headers)),
        error => Err(failed(error.to_string())),
    }
}

/// Reads the templates that the store's packages have for this server.
pub async fn read_templates(store: &Store) -> Result<TemplatesResponse, ProbeError> {
    let failed = |error: String| ProbeError::Failed(error);
    let call = Call { method: Method::Get, path: "/templates".into(), body: None };
    let path = format!("{}{}", store.api_path, call.path);
    let answer = call_once(store, call).await?;
    if answer.status.is_success() {
        return serde_json::from_slice(&answer.body)
            .map_err(|error| failed(format!("cannot read the answer: {error}")));
    }
    Err(failed(RestError::of_response(answer.unexpected(store), store, &path).to_string()))
}

/// Makes one call without naming a journal.
async fn call_once(store: &Store, call: Call) -> Result<Answer, ProbeError> {
    let failed = |error: String| ProbeError::Failed(error);
    let tls = client_config(store.ca_file.as_deref()).map_err(|error| failed(error.to_string()))?;
    let client = client(HeaderMap::new(), tls).map_err(failed)?;
    exchange(&client, store, store.token.expose(), call).await.map_err(|error| failed(error.to_string()))
}

/// The answer's `Date`.
fn time(headers: &HeaderMap) -> Option<Timestamp> {
    let date = headers.get(DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(date).ok().map(|date| date.timestamp())
}

struct Token(SecretString);

impl TokenSource for Token {
    fn token(&self) -> Option<SecretString> {
        Some(self.0.clone())
    }
}
