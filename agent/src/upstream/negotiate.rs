use super::rest::{RestError, root_cause};
use super::tls::client_config;
use crate::config::Store;
use crate::limits::REST_DEADLINE;
use jiff::Timestamp;
use reqwest::header::DATE;
use secrecy::ExposeSecret;

/// Negotiates with the store's hub without opening a connection. This checks the address and the token. Returns the time in the answer's `Date`.
pub async fn negotiate(store: &Store) -> Result<Option<Timestamp>, RestError> {
    let failed = |error: String| RestError::Unreachable(error);
    let tls = client_config(store.ca_file.as_deref()).map_err(|error| failed(error.to_string()))?;
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(REST_DEADLINE)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let answer = client
        .post(format!("{}/negotiate?negotiateVersion=1", store.hub_url()))
        .bearer_auth(store.token.expose().expose_secret())
        .send()
        .await
        .map_err(|error| failed(root_cause(&error)))?;
    if !answer.status().is_success() {
        return Err(RestError::Status { status: answer.status().as_u16(), text: None, retry_after: None });
    }
    let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
    Ok(date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|date| date.timestamp()))
}
