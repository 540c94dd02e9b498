//! Makes the REST calls over HTTP.

use super::advice::explain;
use super::rest::{Call, Method, Rest, RestError};
use crate::config::{LiveConfig, Store};
use crate::limits::{REST_ANSWER_BYTES, REST_DEADLINE};
use flux_platform::{CrashPoint, crash_point};
use flux_protocol::{JOURNAL_HEADER, JournalId};
use flux_signalr::client::{BoxFuture, Diagnosis, UnexpectedResponse};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};

/// Makes the calls over HTTP.
#[derive(Debug)]
pub struct HttpRest {
    client: Client,
    live: LiveConfig,
}

impl HttpRest {
    /// Creates a client for this journal and the store now in force. Each call uses the token then in force.
    pub fn new(live: LiveConfig, journal: &JournalId, tls: rustls::ClientConfig) -> Result<HttpRest, String> {
        let mut headers = HeaderMap::new();
        let journal = HeaderValue::try_from(journal.as_str()).map_err(|_| "the journal's id".to_owned())?;
        headers.insert(JOURNAL_HEADER, journal);
        Ok(HttpRest { client: client(headers, tls)?, live })
    }

    async fn send(&self, call: Call) -> Result<Vec<u8>, RestError> {
        let config = self.live.get();
        crash_point(CrashPoint::Request);
        let token = config.store.token.expose();
        let sent = send(&self.client, &config.store, token, call).await;
        sent.map_err(|error| error.with_longest_wait(config.polling.max))
    }
}

impl Rest for HttpRest {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Vec<u8>, RestError>> {
        Box::pin(self.send(call))
    }
}

/// A client that follows no redirects, so that the token goes only to the store.
pub(super) fn client(headers: HeaderMap, tls: rustls::ClientConfig) -> Result<Client, String> {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .default_headers(headers)
        .user_agent(concat!("flux-agent/", env!("CARGO_PKG_VERSION")))
        .timeout(REST_DEADLINE)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|error| error.to_string())
}

/// Makes one call. Returns the body of a 2xx answer.
async fn send(client: &Client, store: &Store, token: SecretString, call: Call) -> Result<Vec<u8>, RestError> {
    let path = path_of(store, &call);
    let answer = exchange(client, store, token, call).await?;
    if answer.status.is_success() {
        return Ok(answer.body);
    }
    Err(RestError::of_response(answer.unexpected(store), store, &path))
}

/// The path of a call below `store.url`, without its query.
fn path_of(store: &Store, call: &Call) -> String {
    format!("{}{}", store.api_path, call.path.split('?').next().unwrap_or_default())
}

/// An answer with any status.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The answer as one that is not 2xx.
    pub(super) fn unexpected(&self, store: &Store) -> UnexpectedResponse {
        UnexpectedResponse::read(self.status, &self.headers, &self.body, &origin(&store.url))
    }
}

/// Makes one call, with any answer.
pub(super) async fn exchange(
    client: &Client,
    store: &Store,
    token: SecretString,
    call: Call,
) -> Result<Answer, RestError> {
    let path = path_of(store, &call);
    let unreachable = |error: &reqwest::Error| {
        let diagnosis = if error.is_timeout() { Some(Diagnosis::Silent) } else { Diagnosis::of_error(error) };
        RestError::Unreachable(explain(&root_cause(error), diagnosis.as_ref(), store, &path))
    };
    let url = format!("{}{}", store.api_url(), call.path);
    let request = match call.method {
        Method::Get => client.get(url),
        Method::Post => client.post(url).header(CONTENT_TYPE, "application/json").body(call.body.unwrap_or_default()),
    };
    let answer = request.bearer_auth(token.expose_secret()).send().await.map_err(|error| unreachable(&error))?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = read_body(answer).await?.map_err(|error| unreachable(&error))?;
    Ok(Answer { status, headers, body })
}

/// The body, or the error of the network; an answer that is too long is an error of its own.
async fn read_body(mut answer: Response) -> Result<Result<Vec<u8>, reqwest::Error>, RestError> {
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(None) => return Ok(Ok(body)),
            Ok(Some(chunk)) if body.len() + chunk.len() > REST_ANSWER_BYTES => {
                return Err(RestError::Answer(format!("it is longer than {REST_ANSWER_BYTES} bytes")));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(error) => return Ok(Err(error)),
        }
    }
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    format!("{scheme}://{}", rest.split('/').next().unwrap_or_default())
}

/// The innermost cause. The outer texts of reqwest repeat the whole address.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
