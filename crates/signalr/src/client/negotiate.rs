//! The negotiate request, and the reading of its response.

use std::sync::Arc;

use http::{HeaderValue, Method, StatusCode, header};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::{
    ClientOptions, Dialer,
    error::{ConnectError, Step},
    http::{Endpoint, HttpExchange, dial},
    redirect,
};
use crate::text::excerpt;

/// Negotiates and follows redirects. Returns the endpoint for the socket, and the secret id of the connection.
pub(super) async fn negotiate(
    options: &ClientOptions,
    dialer: &dyn Dialer,
    token: Option<SecretString>,
) -> Result<(Endpoint, SecretString), ConnectError> {
    let headers = Arc::new(options.headers.clone());
    let mut endpoint = Endpoint { url: options.url.clone(), token, headers };
    for _ in 0..=options.max_redirects {
        match request(options, dialer, &endpoint).await?.interpret()? {
            Outcome::Connect { id } => return Ok((endpoint, id)),
            Outcome::Redirect { url, token } => endpoint = redirect::follow(&endpoint, url.parse()?, token)?,
        }
    }
    Err(ConnectError::TooManyRedirects(options.max_redirects))
}

async fn request(
    options: &ClientOptions,
    dialer: &dyn Dialer,
    endpoint: &Endpoint,
) -> Result<NegotiateResponse, ConnectError> {
    let mut request = endpoint.request(Method::POST, &endpoint.url.negotiate_target())?;
    // hyper omits it for an empty body, and some servers then answer 411.
    request.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    let stream = dial(options, dialer, &endpoint.url).await?;
    let mut exchange = HttpExchange::start(Step::Negotiate, stream, request, options.negotiate_timeout).await?;
    exchange.expect_status(Step::Negotiate, StatusCode::OK, &endpoint.url, options).await?;
    let body = exchange.body(options).await?;
    serde_json::from_slice(&body)
        .map_err(|_| ConnectError::InvalidResponse("its body is not a negotiate response in JSON"))
}

/// The next step after a negotiate response. All fields are secret, so it has no `Debug`.
enum Outcome {
    Connect { id: SecretString },
    Redirect { url: String, token: Option<String> },
}

/// The negotiate response, versions 0 and 1.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NegotiateResponse {
    error: Option<String>,
    url: Option<String>,
    access_token: Option<String>,
    /// Present only with the old ASP.NET SignalR.
    #[serde(rename = "ProtocolVersion")]
    old_protocol_version: Option<Value>,
    negotiate_version: Option<u64>,
    connection_id: Option<String>,
    connection_token: Option<String>,
    #[serde(default)]
    available_transports: Vec<Transport>,
    use_stateful_reconnect: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Transport {
    transport: String,
    #[serde(default)]
    transfer_formats: Vec<String>,
}

impl NegotiateResponse {
    fn interpret(self) -> Result<Outcome, ConnectError> {
        if let Some(error) = self.error.filter(|error| !error.is_empty()) {
            return Err(ConnectError::Refused { step: Step::Negotiate, text: excerpt(&error) });
        }
        if self.old_protocol_version.is_some() {
            return Err(ConnectError::OldSignalR);
        }
        if let Some(url) = self.url {
            return Ok(Outcome::Redirect { url, token: self.access_token });
        }
        if self.use_stateful_reconnect == Some(true) {
            return Err(ConnectError::InvalidResponse(
                "it turns stateful reconnect on although the client did not ask for it",
            ));
        }
        if !self.available_transports.iter().any(Transport::is_usable) {
            return Err(ConnectError::NoTransport);
        }
        let id = if self.negotiate_version.unwrap_or(0) > 0 { self.connection_token } else { self.connection_id };
        let id = id.ok_or(ConnectError::InvalidResponse("it has no connection id"))?;
        Ok(Outcome::Connect { id: id.into() })
    }
}

impl Transport {
    fn is_usable(&self) -> bool {
        self.transport == "WebSockets" && self.transfer_formats.iter().any(|format| format == "Text")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;

    const TRANSPORTS: &str = r#"[{"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}]"#;

    fn interpret(answer: Value) -> Result<Outcome, ConnectError> {
        serde_json::from_value::<NegotiateResponse>(answer).unwrap().interpret()
    }

    fn id(mut answer: Value) -> String {
        answer["availableTransports"] = serde_json::from_str(TRANSPORTS).unwrap();
        match interpret(answer) {
            Ok(Outcome::Connect { id }) => id.expose_secret().to_owned(),
            _ => panic!("not a usable answer"),
        }
    }

    /// Checklist 3.
    #[test]
    fn version_1_uses_the_token_and_version_0_the_id() {
        assert_eq!(id(json!({"negotiateVersion": 1, "connectionId": "public", "connectionToken": "secret"})), "secret");
        assert_eq!(id(json!({"negotiateVersion": 0, "connectionId": "public"})), "public");
        assert_eq!(id(json!({"connectionId": "public"})), "public");
    }

    /// Checklist 4, 6, 43.
    #[test]
    fn unusable_negotiate_responses_explain_themselves() {
        let text = |answer| interpret(answer).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(text(json!({"error": "no room"})).contains("no room"));
        assert!(text(json!({"ProtocolVersion": "1.5", "connectionId": "x"})).contains("old ASP.NET SignalR"));
        let sse = json!([{"transport": "ServerSentEvents", "transferFormats": ["Text"]}]);
        assert!(text(json!({"connectionId": "x", "availableTransports": sse})).contains("no usable transport"));
        let binary = json!([{"transport": "WebSockets", "transferFormats": ["Binary"]}]);
        assert!(text(json!({"connectionId": "x", "availableTransports": binary})).contains("no usable transport"));
        assert!(text(json!({"connectionId": "x", "useStatefulReconnect": true})).contains("stateful"));
    }
}
