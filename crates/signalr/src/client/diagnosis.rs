//! Reads from a failed attempt what is in the way: another address, missing TLS, a proxy. The application turns it into
//! advice, since it knows the names of its settings.

use std::{error::Error, io, time::Duration};

use http::{HeaderMap, StatusCode, header};
use jiff::fmt::rfc2822;
use serde_json::Value;

use crate::text::excerpt;

/// The likely reason that the server cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Diagnosis {
    /// The server redirects to this address, which is shown without its query.
    Moved {
        /// The address, absolute where the request's origin was known.
        to: String,
    },
    /// The address is `https`, but the port answers without TLS.
    NoTls,
    /// The address is `http`, but the server says that the port needs TLS.
    NeedsTls,
    /// The peer does not speak HTTP. With an `http` address it often speaks TLS.
    NotHttp,
    /// The peer closed the connection before it answered.
    ClosedEarly,
    /// Nothing listens on the port.
    NothingListens,
    /// The host name has no address.
    UnknownHost,
    /// There was no answer in time.
    Silent,
    /// The server's certificate is not trusted.
    UntrustedCertificate,
    /// A proxy, firewall or bot check in front of the server refused the request.
    Intermediary,
    /// A proxy answered, but the server behind it did not.
    ServerBehindProxyDown,
    /// The negotiation worked, but the WebSocket did not come through.
    NoWebSockets,
    /// A web server answered, but there is no hub or API at this address.
    NotTheServer,
}

/// An HTTP response with another status than expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnexpectedResponse {
    /// The status.
    pub status: u16,
    /// True if the server itself rejected the credential, and not something in front of it with a 401 or 403 of its own.
    pub rejects_credential: bool,
    /// `error.message` of a body such as `{"error": {"code": "busy", "message": "…"}}`.
    pub message: Option<String>,
    /// The header `Retry-After`: seconds, or a date measured from the response's own `Date`.
    pub retry_after: Option<Duration>,
    /// The likely reason.
    pub diagnosis: Option<Diagnosis>,
}

impl UnexpectedResponse {
    /// Reads a response to a request to `origin`, such as `https://store.example`.
    ///
    /// The server's own rejection has an error in JSON with a code, or is a 401 with a `Bearer` challenge and no web page.
    #[must_use]
    pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8], origin: &str) -> Self {
        let own_error = own_error(body);
        let is_denied = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        let is_challenge =
            status == StatusCode::UNAUTHORIZED && has_bearer_challenge(headers) && !is_page(headers, body);
        let rejects_credential = is_denied && (own_error.is_some() || is_challenge);
        let diagnosis = if rejects_credential { None } else { diagnose(status, headers, body, origin) };
        Self {
            status: status.as_u16(),
            rejects_credential,
            message: own_error,
            retry_after: retry_after(headers),
            diagnosis,
        }
    }
}

fn diagnose(status: StatusCode, headers: &HeaderMap, body: &[u8], origin: &str) -> Option<Diagnosis> {
    let location = headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
    if let Some(location) = location.filter(|_| status.is_redirection()) {
        return Some(Diagnosis::Moved { to: absolute(location, origin) });
    }
    if headers.contains_key("cf-mitigated") {
        return Some(Diagnosis::Intermediary);
    }
    match status.as_u16() {
        400 if asks_for_tls(body) => Some(Diagnosis::NeedsTls),
        401 | 403 | 407 | 511 => Some(Diagnosis::Intermediary),
        502 | 504 => Some(Diagnosis::ServerBehindProxyDown),
        200..=299 | 404 | 405 | 410 | 501 => own_error(body).is_none().then_some(Diagnosis::NotTheServer),
        _ => None,
    }
}

/// `error.message` of the body, if it is an error in JSON with a code.
fn own_error(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let error = value.get("error")?;
    let code = error.get("code")?.as_str()?;
    let is_code = code.starts_with(|c: char| c.is_ascii_lowercase())
        && code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let message = error.get("message").and_then(Value::as_str).unwrap_or(code);
    is_code.then(|| excerpt(message))
}

fn has_bearer_challenge(headers: &HeaderMap) -> bool {
    let is_bearer = |text: &str| text.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"));
    headers.get_all(header::WWW_AUTHENTICATE).iter().any(|value| value.to_str().is_ok_and(is_bearer))
}

/// True if the body is a page for people.
fn is_page(headers: &HeaderMap, body: &[u8]) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().contains("html") || body.trim_ascii_start().starts_with(b"<")
}

/// The sentences of nginx, Go's server, Apache and Tomcat on a port that needs TLS.
fn asks_for_tls(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    ["https port", "https server", "ssl-enabled server port", "requires tls"].iter().any(|part| text.contains(part))
}

/// Completes a path with the origin, and drops the query, which may contain credentials.
fn absolute(location: &str, origin: &str) -> String {
    let location = location.split(['?', '#']).next().unwrap_or_default();
    let is_path = location.starts_with('/') && !location.starts_with("//");
    excerpt(&if is_path { format!("{origin}{location}") } else { location.to_owned() })
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::parse(text).ok()?.timestamp();
    let now = rfc2822::parse(headers.get(header::DATE)?.to_str().ok()?.trim()).ok()?.timestamp();
    Duration::try_from(at.duration_since(now)).ok()
}

impl Diagnosis {
    /// Reads an error of the network or of TLS, with its causes.
    #[must_use]
    pub fn of_error(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = Self::of_one(error) {
                return Some(found);
            }
            next = error.source();
        }
        None
    }

    fn of_one(error: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            // The source of a wrapping io::Error skips the error that it wraps.
            let inner = error.get_ref().and_then(|inner| Self::of_error(inner));
            return inner.or_else(|| Self::of_io(error));
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return match error {
                rustls::Error::InvalidMessage(_) => Some(Self::NoTls),
                rustls::Error::InvalidCertificate(_) => Some(Self::UntrustedCertificate),
                _ => None,
            };
        }
        let error = error.downcast_ref::<hyper::Error>()?;
        if error.is_parse() {
            return Some(Self::NotHttp);
        }
        error.is_incomplete_message().then_some(Self::ClosedEarly)
    }

    fn of_io(error: &io::Error) -> Option<Self> {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Some(Self::NothingListens),
            io::ErrorKind::TimedOut => Some(Self::Silent),
            io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof => Some(Self::ClosedEarly),
            // The standard library has no kind for a failed name lookup.
            _ => error.to_string().contains("failed to lookup address").then_some(Self::UnknownHost),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, headers: &[(&'static str, &str)], body: &str) -> UnexpectedResponse {
        let headers = headers.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
        let status = StatusCode::from_u16(status).unwrap();
        UnexpectedResponse::read(status, &headers.collect(), body.as_bytes(), "http://store.example")
    }

    #[test]
    fn only_the_servers_own_error_rejects_the_credential() {
        let own = r#"{"error": {"code": "unauthorized", "message": "the token is not valid"}}"#;
        for (status, headers, body) in [
            (401, vec![("www-authenticate", "Bearer")], ""),
            (401, vec![("www-authenticate", "Bearer realm=\"store\", error=\"invalid_token\"")], ""),
            (401, vec![], own),
            (403, vec![], own),
        ] {
            assert!(read(status, &headers, body).rejects_credential, "{status} {headers:?} {body}");
        }
        for (status, headers, body) in [
            (401, vec![("www-authenticate", "Basic realm=\"restricted\"")], ""),
            (401, vec![("www-authenticate", "Bearer"), ("content-type", "text/html")], "<html>login</html>"),
            (401, vec![], ""),
            (401, vec![], "<html>401 Authorization Required</html>"),
            (401, vec![], r#"{"message": "Unauthorized"}"#),
            (401, vec![], r#"{"error": {"code": 401, "message": "no"}}"#),
            (403, vec![("cf-mitigated", "challenge")], "<html>Just a moment...</html>"),
            (403, vec![], ""),
            (403, vec![("www-authenticate", "Bearer")], ""),
        ] {
            let answer = read(status, &headers, body);
            assert!(!answer.rejects_credential, "{status} {headers:?} {body}");
            assert_eq!(answer.diagnosis, Some(Diagnosis::Intermediary), "{status} {headers:?} {body}");
        }
        assert_eq!(read(503, &[("cf-mitigated", "challenge")], "").diagnosis, Some(Diagnosis::Intermediary));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let wait = |headers: &[(&'static str, &str)]| read(503, headers, "").retry_after.map(|wait| wait.as_secs());
        let (date, later) = ("Fri, 27 Nov 2026 10:00:00 GMT", "Fri, 27 Nov 2026 11:00:00 GMT");
        assert_eq!(wait(&[("retry-after", "120")]), Some(120));
        assert_eq!(wait(&[("retry-after", later), ("date", date)]), Some(3600));
        assert_eq!(wait(&[("retry-after", date), ("date", later)]), None, "a date that has passed");
        assert_eq!(wait(&[("retry-after", later)]), None, "nothing to measure it from");
        assert_eq!(wait(&[("retry-after", "soon"), ("date", date)]), None);
    }

    #[test]
    fn redirect_is_shown_whole_and_without_its_query() {
        let moved = |location: &str| match read(308, &[("location", location)], "").diagnosis {
            Some(Diagnosis::Moved { to }) => to,
            other => panic!("{other:?}"),
        };
        assert_eq!(moved("https://store.example/hub/negotiate?id=secret"), "https://store.example/hub/negotiate");
        assert_eq!(moved("/login?next=x"), "http://store.example/login");
    }

    #[test]
    fn plain_request_to_a_tls_port_is_recognised() {
        for body in [
            "<center>The plain HTTP request was sent to HTTPS port</center>",
            "Client sent an HTTP request to an HTTPS server.\n",
            "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
            "Bad Request\r\nThis combination of host and port requires TLS.\r\n",
        ] {
            assert_eq!(read(400, &[], body).diagnosis, Some(Diagnosis::NeedsTls), "{body}");
        }
        assert_eq!(read(400, &[], "bad request").diagnosis, None);
    }

    #[test]
    fn wrapped_errors_are_found() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(Diagnosis::of_error(&refused), Some(Diagnosis::NothingListens));
        let tls = rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType);
        assert_eq!(Diagnosis::of_error(&io::Error::new(io::ErrorKind::InvalidData, tls)), Some(Diagnosis::NoTls));
        let lookup = io::Error::other("failed to lookup address information: Name or service not known");
        assert_eq!(Diagnosis::of_error(&lookup), Some(Diagnosis::UnknownHost));
        assert_eq!(Diagnosis::of_error(&io::Error::other("x")), None);
    }
}
