//! Calls to the store's REST API, behind a trait so that a simulation can carry them.

use crate::config::LiveConfig;
use crate::limits::{ERROR_CHARS, REST_ANSWER_BYTES, REST_DEADLINE, RETRY_AFTER_MAX};
use flux_platform::{CrashPoint, crash_point};
use flux_protocol::{
    CommandReport, JOURNAL_HEADER, JournalId, ParsedPollResponse, ParsedReportsResponse, PlayerRef, ReportsRequest,
};
use flux_signalr::client::BoxFuture;
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use secrecy::ExposeSecret;
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
    /// The store did not answer.
    #[error("the store cannot be reached: {0}")]
    Unreachable(String),
    /// The status is not 2xx.
    #[error("the store answered HTTP {status}{}", text.as_deref().map(|text| format!(": {text}")).unwrap_or_default())]
    Status {
        /// The status.
        status: u16,
        /// The store's error text, if any.
        text: Option<String>,
        /// The header `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The answer does not follow the protocol.
    #[error("cannot read the store's answer: {0}")]
    Answer(String),
}

impl RestError {
    /// The wait that the store requests.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            RestError::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

pub(super) async fn poll(rest: &dyn Rest, max: usize) -> Result<ParsedPollResponse, RestError> {
    read(rest.call(Call { method: Method::Get, path: format!("/commands?max={max}"), body: None }).await?)
}

pub(super) async fn report(rest: &dyn Rest, reports: Vec<CommandReport>) -> Result<ParsedReportsResponse, RestError> {
    read(rest.call(post("/reports", &ReportsRequest { reports })?).await?)
}

pub(super) async fn joined(rest: &dyn Rest, player: &PlayerRef) -> Result<ParsedPollResponse, RestError> {
    read(rest.call(post("/players/joined", player)?).await?)
}

fn post(path: &str, body: &impl serde::Serialize) -> Result<Call, RestError> {
    let body = serde_json::to_vec(body).map_err(|error| RestError::Answer(error.to_string()))?;
    Ok(Call { method: Method::Post, path: path.to_owned(), body: Some(body) })
}

fn read<T: DeserializeOwned>(body: Vec<u8>) -> Result<T, RestError> {
    serde_json::from_slice(&body).map_err(|error| RestError::Answer(error.to_string()))
}

/// Makes the calls over HTTP.
#[derive(Debug)]
pub struct HttpRest {
    client: reqwest::Client,
    base: String,
    live: LiveConfig,
}

impl HttpRest {
    /// Creates a client for this journal and the store now in force. Each call uses the token then in force. The client follows no redirects, so the token
    /// goes only to the store.
    pub fn new(live: LiveConfig, journal: &JournalId, tls: rustls::ClientConfig) -> Result<HttpRest, String> {
        let mut headers = HeaderMap::new();
        headers.insert(
            JOURNAL_HEADER,
            HeaderValue::try_from(journal.as_str()).map_err(|_| "the journal's id".to_owned())?,
        );
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .default_headers(headers)
            .user_agent(concat!("flux-agent/", env!("CARGO_PKG_VERSION")))
            .timeout(REST_DEADLINE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| error.to_string())?;
        Ok(HttpRest { client, base: live.get().store.api_url(), live })
    }

    async fn send(&self, call: Call) -> Result<Vec<u8>, RestError> {
        let url = format!("{}{}", self.base, call.path);
        let request = match call.method {
            Method::Get => self.client.get(url),
            Method::Post => self
                .client
                .post(url)
                .header(reqwest::header::CONTENT_TYPE, "application/json")
                .body(call.body.unwrap_or_default()),
        };
        let token = self.live.get().store.token.expose();
        crash_point(CrashPoint::Request);
        let mut answer = request
            .bearer_auth(token.expose_secret())
            .send()
            .await
            .map_err(|error| RestError::Unreachable(root_cause(&error)))?;
        let (status, retry_after) = (answer.status(), retry_after(answer.headers()));
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| RestError::Unreachable(root_cause(&error)))? {
            if body.len() + chunk.len() > REST_ANSWER_BYTES {
                return Err(RestError::Answer(format!("it is longer than {REST_ANSWER_BYTES} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            Ok(body)
        } else {
            Err(RestError::Status { status: status.as_u16(), text: error_text(&body), retry_after })
        }
    }
}

impl Rest for HttpRest {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Vec<u8>, RestError>> {
        Box::pin(self.send(call))
    }
}

/// The innermost cause. The outer texts of reqwest repeat the whole address.
pub(super) fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

/// `error.message` of the companion's error body, truncated, without control characters.
fn error_text(body: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    let text = value.get("error")?.get("message")?.as_str()?;
    Some(text.chars().take(ERROR_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect())
}
