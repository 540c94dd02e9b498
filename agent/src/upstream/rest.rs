//! Calls to the store's REST API, behind a trait so that a simulation can carry them.

use super::advice::explain;
use super::excerpt;
use crate::config::Store;
use flux_protocol::{
    CommandReport, ParsedPollResponse, ParsedReportsResponse, PlayerRef, PolicyNotice, ReportsRequest,
};
use flux_signalr::client::{BoxFuture, Diagnosis, UnexpectedResponse};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// A call to the store's REST API, as plain data.
#[derive(Debug, Clone)]
pub struct Call {
    /// GET or POST.
    pub method: Method,
    /// Path below `store.api_path`, with the query.
    pub path: String,
    /// Body in JSON.
    pub body: Option<Vec<u8>>,
}

/// The HTTP methods that the protocol uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
}

/// Carries calls to the store.
pub trait Rest: Send + Sync {
    /// Makes a call. Returns the body of a 2xx answer.
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Vec<u8>, RestError>>;
}

/// The reason a call failed.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    /// The store did not answer; with advice.
    #[error("the store cannot be reached: {0}")]
    Unreachable(String),
    /// The status is not 2xx.
    #[error("HTTP {status}{}", text.as_deref().map(|text| format!(": {text}")).unwrap_or_default())]
    Status {
        /// The status.
        status: u16,
        /// The store's error text, or advice about an answer that is not the store's.
        text: Option<String>,
        /// The header `Retry-After`.
        retry_after: Option<Duration>,
        /// The answer is an error of the store itself.
        is_own: bool,
        /// The store itself rejected the token.
        rejects_token: bool,
    },
    /// The answer does not follow the protocol.
    #[error("cannot read the store's answer: {0}")]
    Answer(String),
}

impl RestError {
    /// Reads an answer to a request to this path, which is below `store.url`.
    pub fn of_response(response: UnexpectedResponse, store: &Store, path: &str) -> RestError {
        let is_own = response.message.is_some() || response.rejects_credential;
        let advice = response.diagnosis.map(|diagnosis| {
            let fact = match &diagnosis {
                Diagnosis::Moved { to } => format!("a redirect to {to}"),
                _ => format!("at {}{path}", store.url),
            };
            explain(&fact, Some(&diagnosis), store, path)
        });
        RestError::Status {
            status: response.status,
            text: response.message.as_deref().map(excerpt).or(advice),
            retry_after: response.retry_after,
            is_own,
            rejects_token: response.rejects_credential,
        }
    }

    /// The error with a `Retry-After` of at most this long: a store's mistake must not silence the agent for hours.
    pub fn with_longest_wait(self, longest: Duration) -> RestError {
        match self {
            RestError::Status { status, text, retry_after, is_own, rejects_token } => {
                let retry_after = retry_after.map(|wait| wait.min(longest));
                RestError::Status { status, text, retry_after, is_own, rejects_token }
            }
            other => other,
        }
    }

    /// True if the store itself refused the call's content: a status of 4xx that is not about the token, the time or the pace.
    pub fn is_about_content(&self) -> bool {
        match self {
            RestError::Status { status, is_own, rejects_token, .. } => {
                *is_own
                    && !rejects_token
                    && matches!(status, 400..=499)
                    && !matches!(status, 401 | 403 | 408 | 409 | 425 | 429)
            }
            RestError::Unreachable(_) | RestError::Answer(_) => false,
        }
    }

    /// True if the store does not know the call.
    pub fn is_unknown_call(&self) -> bool {
        matches!(self, RestError::Status { status: 404 | 405 | 501, .. })
    }

    /// The wait that the store requests.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            RestError::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Polls, and announces the longest time until the next poll.
pub(super) async fn poll(rest: &dyn Rest, max: usize, next: Duration) -> Result<ParsedPollResponse, RestError> {
    let path = format!("/commands?max={max}&nextPollSeconds={}", next.as_secs() + 1);
    read(rest.call(Call { method: Method::Get, path, body: None }).await?)
}

pub(super) async fn report(rest: &dyn Rest, reports: Vec<CommandReport>) -> Result<ParsedReportsResponse, RestError> {
    read(rest.call(post("/reports", &ReportsRequest { reports })?).await?)
}

pub(super) async fn joined(rest: &dyn Rest, player: &PlayerRef) -> Result<ParsedPollResponse, RestError> {
    read(rest.call(post("/players/joined", player)?).await?)
}

/// Sends the policy in force.
pub(super) async fn policy(rest: &dyn Rest, notice: &PolicyNotice) -> Result<(), RestError> {
    rest.call(post("/policy", notice)?).await.map(drop)
}

fn post(path: &str, body: &impl serde::Serialize) -> Result<Call, RestError> {
    let body = serde_json::to_vec(body).map_err(|error| RestError::Answer(error.to_string()))?;
    Ok(Call { method: Method::Post, path: path.to_owned(), body: Some(body) })
}

fn read<T: DeserializeOwned>(body: Vec<u8>) -> Result<T, RestError> {
    serde_json::from_slice(&body).map_err(|error| {
        let is_page = body.trim_ascii_start().starts_with(b"<");
        let page = "it is a web page, not the store's JSON; check store.url and store.api_path";
        RestError::Answer(if is_page { page.to_owned() } else { excerpt(&error.to_string()) })
    })
}
