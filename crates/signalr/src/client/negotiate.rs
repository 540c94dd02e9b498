use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::timeout;

use super::{
    ClientOptions, Dialer, HubUrl,
    error::{ConnectError, Step},
    exchange::{Endpoint, Exchange, dial},
};
use crate::text::excerpt;

/// Negotiates, following redirects: the endpoint to open the socket at, and the connection's (secret) id there.
pub(super) async fn negotiate(
    options: &ClientOptions,
    dialer: &dyn Dialer,
    token: Option<SecretString>,
) -> Result<(Endpoint, SecretString), ConnectError> {
    let headers = Arc::new(options.headers.clone());
    let mut endpoint = Endpoint { url: options.url.clone(), token, headers };
    for _ in 0..=options.max_redirects {
        match ask(options, dialer, &endpoint).await?.read()? {
            Verdict::Connect { id } => return Ok((endpoint, id)),
            Verdict::Redirect { url, token } => endpoint = redirect(&endpoint, url.parse()?, token)?,
        }
    }
    Err(ConnectError::TooManyRedirects(options.max_redirects))
}

async fn ask(options: &ClientOptions, dialer: &dyn Dialer, endpoint: &Endpoint) -> Result<Answer, ConnectError> {
    let mut request = endpoint.request(Method::POST, &endpoint.url.negotiate_target())?;
    // hyper leaves it out for an empty body, and some servers answer 411 then.
    request.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    let stream = dial(options, dialer, &endpoint.url).await?;
    let mut exchange = Exchange::start(Step::Negotiate, stream, request, options.negotiate_timeout).await?;
    exchange.demand(Step::Negotiate, StatusCode::OK)?;
    let body = body(&mut exchange, options).await?;
    serde_json::from_slice(&body).map_err(|_| ConnectError::Answer("its body is not the JSON of a negotiation"))
}

async fn body(exchange: &mut Exchange, options: &ClientOptions) -> Result<Bytes, ConnectError> {
    let limit = options.negotiate_timeout;
    let body = Limited::new(exchange.response.body_mut(), options.max_negotiate_bytes);
    let collected = timeout(limit, body.collect())
        .await
        .map_err(|_| ConnectError::Timeout { step: Step::Negotiate, limit })?
        .map_err(|error| ConnectError::Broken { step: Step::Negotiate, text: error.to_string() })?;
    Ok(collected.to_bytes())
}

/// Where a redirect leads. It may leave the origin only towards https, and never back from https. The token goes along
/// within the origin only, unless the redirect brings its own; so do headers that are marked sensitive.
fn redirect(from: &Endpoint, to: HubUrl, token: Option<String>) -> Result<Endpoint, ConnectError> {
    let refuse = |why| Err(ConnectError::Redirect { from: from.url.authority(), to: to.authority(), why });
    if from.url.tls() && !to.tls() {
        return refuse("it would leave https");
    }
    if !to.tls() && from.url.host() != to.host() {
        return refuse("another host must be reached by https");
    }
    let same_origin = from.url.same_origin(&to);
    let token = token.map(SecretString::from).or_else(|| from.token.clone().filter(|_| same_origin));
    let headers = if same_origin { Arc::clone(&from.headers) } else { Arc::new(insensitive(&from.headers)) };
    Ok(Endpoint { url: to, token, headers })
}

fn insensitive(headers: &HeaderMap) -> HeaderMap {
    let open = headers.iter().filter(|(_, value)| !value.is_sensitive());
    open.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// What the server's answer comes to. Nothing here is shown: both parts are secrets.
enum Verdict {
    Connect { id: SecretString },
    Redirect { url: String, token: Option<String> },
}

/// The answer to negotiate, versions 0 and 1.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    error: Option<String>,
    url: Option<String>,
    access_token: Option<String>,
    /// Only the old ASP.NET SignalR has it.
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

impl Answer {
    fn read(self) -> Result<Verdict, ConnectError> {
        if let Some(error) = self.error.filter(|error| !error.is_empty()) {
            return Err(ConnectError::Refused { step: Step::Negotiate, text: excerpt(&error) });
        }
        if self.old_protocol_version.is_some() {
            return Err(ConnectError::OldSignalR);
        }
        if let Some(url) = self.url {
            return Ok(Verdict::Redirect { url, token: self.access_token });
        }
        if self.use_stateful_reconnect == Some(true) {
            return Err(ConnectError::Answer("it turns stateful reconnect on, unasked"));
        }
        if !self.available_transports.iter().any(Transport::usable) {
            return Err(ConnectError::NoTransport);
        }
        let id = if self.negotiate_version.unwrap_or(0) > 0 { self.connection_token } else { self.connection_id };
        let id = id.ok_or(ConnectError::Answer("it names no connection"))?;
        Ok(Verdict::Connect { id: id.into() })
    }
}

impl Transport {
    fn usable(&self) -> bool {
        self.transport == "WebSockets" && self.transfer_formats.iter().any(|format| format == "Text")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;

    const TRANSPORTS: &str = r#"[{"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}]"#;

    fn read(answer: Value) -> Result<Verdict, ConnectError> {
        serde_json::from_value::<Answer>(answer).unwrap().read()
    }

    fn id(mut answer: Value) -> String {
        answer["availableTransports"] = serde_json::from_str(TRANSPORTS).unwrap();
        match read(answer) {
            Ok(Verdict::Connect { id }) => id.expose_secret().to_owned(),
            _ => panic!("not a usable answer"),
        }
    }

    fn endpoint(url: &str) -> Endpoint {
        let mut headers = HeaderMap::new();
        headers.insert("flux-journal", HeaderValue::from_static("j1"));
        let mut cookie = HeaderValue::from_static("c");
        cookie.set_sensitive(true);
        headers.insert(header::COOKIE, cookie);
        Endpoint { url: url.parse().unwrap(), token: Some("own".to_owned().into()), headers: Arc::new(headers) }
    }

    fn follow(from: &str, to: &str, token: Option<&str>) -> Result<(Option<String>, usize), ConnectError> {
        let next = redirect(&endpoint(from), to.parse().unwrap(), token.map(str::to_owned))?;
        Ok((next.token.map(|token| token.expose_secret().to_owned()), next.headers.len()))
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
        let text = |answer| read(answer).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(text(json!({"error": "no room"})).contains("no room"));
        assert!(text(json!({"ProtocolVersion": "1.5", "connectionId": "x"})).contains("old ASP.NET SignalR"));
        let sse = json!([{"transport": "ServerSentEvents", "transferFormats": ["Text"]}]);
        assert!(text(json!({"connectionId": "x", "availableTransports": sse})).contains("no WebSockets"));
        let binary = json!([{"transport": "WebSockets", "transferFormats": ["Binary"]}]);
        assert!(text(json!({"connectionId": "x", "availableTransports": binary})).contains("no WebSockets"));
        assert!(text(json!({"connectionId": "x", "useStatefulReconnect": true})).contains("stateful"));
    }

    /// Checklist 5.
    #[test]
    fn redirect_keeps_the_token_within_the_origin_only() {
        let own = Some("own".to_owned());
        assert_eq!(follow("http://a/x", "http://a/y", None).unwrap(), (own, 2));
        assert_eq!(follow("https://a/x", "https://b/y", None).unwrap(), (None, 1));
        assert_eq!(follow("http://a/x", "https://a/y", None).unwrap(), (None, 1));
        assert_eq!(follow("http://a:1/x", "http://a:2/y", None).unwrap(), (None, 1));
        assert_eq!(follow("https://a/x", "https://b/y", Some("new")).unwrap(), (Some("new".to_owned()), 1));
    }

    /// Checklist 5.
    #[test]
    fn redirect_never_leaves_https_or_crosses_hosts_without_it() {
        assert!(follow("https://a/x", "http://a/x", Some("new")).is_err());
        assert!(follow("http://a/x", "http://b/x", Some("new")).is_err());
    }
}
