//! The address of a hub, and the request targets made of it.

use std::{fmt, str::FromStr};

use http::Uri;

/// The address of a hub, `http` or `https`. The scheme of the socket (`ws` or `wss`) follows from it.
///
/// It is displayed without its query, which may contain credentials.
///
/// ```
/// use flux_signalr::client::HubUrl;
///
/// let url: HubUrl = "https://store.example/hubs/agent?key=secret".parse()?;
/// assert_eq!((url.host(), url.port()), ("store.example", 443));
/// assert_eq!(url.to_string(), "https://store.example/hubs/agent");
/// # Ok::<(), flux_signalr::client::UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct HubUrl {
    tls: bool,
    host: String,
    port: u16,
    path: String,
    query: Option<String>,
}

/// A text that is not a [`HubUrl`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is not a URL.
    #[error("not a URL; an address such as https://store.example is needed")]
    Malformed,
    /// The scheme is missing or not supported.
    #[error("the URL must begin with http:// or https://")]
    Scheme,
    /// It contains `user:password@`.
    #[error("the URL must not contain a user name or password, which would end up in logs")]
    UserInfo,
}

impl HubUrl {
    /// True if it is `https`.
    #[must_use]
    pub fn tls(&self) -> bool {
        self.tls
    }

    /// The host name or address, IPv6 without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; by default that of the scheme.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn same_origin(&self, other: &Self) -> bool {
        (self.tls, self.host.as_str(), self.port) == (other.tls, other.host.as_str(), other.port)
    }

    /// Scheme, host and port.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.authority())
    }

    /// The value of the `Host` header, without the default port.
    pub(super) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == default_port(self.tls) { host } else { format!("{host}:{}", self.port) }
    }

    /// The target of the negotiate request, with the query of the address.
    pub(super) fn negotiate_target(&self) -> String {
        let path = format!("{}/negotiate", self.path.trim_end_matches('/'));
        let has_version = |query: &str| query.split('&').any(|pair| pair.starts_with("negotiateVersion="));
        match self.query.as_deref() {
            Some(query) if has_version(query) => format!("{path}?{query}"),
            Some(query) => format!("{path}?{query}&negotiateVersion=1"),
            None => format!("{path}?negotiateVersion=1"),
        }
    }

    /// The target of the upgrade request.
    pub(super) fn socket_target(&self, id: &str) -> String {
        let id = percent_encode(id);
        match &self.query {
            Some(query) => format!("{}?{query}&id={id}", self.path),
            None => format!("{}?id={id}", self.path),
        }
    }
}

impl FromStr for HubUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let uri: Uri = text.parse().map_err(|_| UrlError::Malformed)?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(UrlError::Scheme),
        };
        let authority = uri.authority().ok_or(UrlError::Malformed)?;
        if authority.as_str().contains('@') {
            return Err(UrlError::UserInfo);
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() {
            return Err(UrlError::Malformed);
        }
        Ok(Self {
            tls,
            host,
            port: uri.port_u16().unwrap_or(default_port(tls)),
            path: uri.path().to_owned(),
            query: uri.query().filter(|query| !query.is_empty()).map(str::to_owned),
        })
    }
}

impl fmt::Display for HubUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.path)
    }
}

impl fmt::Debug for HubUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn default_port(tls: bool) -> u16 {
    if tls { 443 } else { 80 }
}

fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> HubUrl {
        text.parse().unwrap()
    }

    /// Checklist 1.
    #[test]
    fn negotiate_path_comes_before_the_kept_query() {
        assert_eq!(url("http://a/hubs/agent").negotiate_target(), "/hubs/agent/negotiate?negotiateVersion=1");
        assert_eq!(url("http://a/hub/?x=1").negotiate_target(), "/hub/negotiate?x=1&negotiateVersion=1");
        assert_eq!(url("http://a/?negotiateVersion=1").negotiate_target(), "/negotiate?negotiateVersion=1");
    }

    #[test]
    fn connection_id_is_percent_encoded_in_the_query() {
        assert_eq!(url("http://a/hub?x=1").socket_target("a+/=&b"), "/hub?x=1&id=a%2B%2F%3D%26b");
    }

    /// Checklist 12.
    #[test]
    fn url_parts_are_parsed_and_default_port_is_omitted() {
        let plain = url("https://Example.org/hub");
        assert_eq!((plain.tls(), plain.host(), plain.port()), (true, "example.org", 443));
        assert_eq!(plain.authority(), "example.org");
        let v6 = url("http://[::1]:8080/hub");
        assert_eq!((v6.host(), v6.port(), v6.authority().as_str()), ("::1", 8080, "[::1]:8080"));
        assert!(!plain.same_origin(&url("http://example.org/hub")));
    }

    #[test]
    fn invalid_hub_addresses_are_refused() {
        assert_eq!("ftp://a/b".parse::<HubUrl>(), Err(UrlError::Scheme));
        assert_eq!("/hubs/agent".parse::<HubUrl>(), Err(UrlError::Scheme));
        assert_eq!("http://me:secret@a/b".parse::<HubUrl>(), Err(UrlError::UserInfo));
        assert_eq!("http://a b/".parse::<HubUrl>(), Err(UrlError::Malformed));
    }

    #[test]
    fn query_is_never_displayed() {
        let url = url("http://a/hub?access_token=planted");
        assert_eq!(format!("{url} {url:?}"), "http://a/hub http://a/hub");
    }
}
