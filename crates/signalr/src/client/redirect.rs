//! The rules for following a redirect of the negotiate response.

use std::sync::Arc;

use http::HeaderMap;
use secrecy::SecretString;

use super::{HubUrl, error::ConnectError, http::Endpoint};

/// Returns the endpoint that a redirect leads to.
///
/// A redirect may leave the origin only towards `https`, and never leaves `https`. The client's own token and its
/// sensitive headers stay within the origin; a token that the redirect brings replaces the client's.
pub(super) fn follow(from: &Endpoint, to: HubUrl, token: Option<String>) -> Result<Endpoint, ConnectError> {
    let refuse = |why| Err(ConnectError::Redirect { from: from.url.authority(), to: to.authority(), why });
    if from.url.tls() && !to.tls() {
        return refuse("it would leave https");
    }
    if !to.tls() && from.url.host() != to.host() {
        return refuse("another host must use https");
    }
    let same_origin = from.url.same_origin(&to);
    let token = token.map(SecretString::from).or_else(|| from.token.clone().filter(|_| same_origin));
    let headers = if same_origin { Arc::clone(&from.headers) } else { Arc::new(without_sensitive(&from.headers)) };
    Ok(Endpoint { url: to, token, headers })
}

fn without_sensitive(headers: &HeaderMap) -> HeaderMap {
    let public = headers.iter().filter(|(_, value)| !value.is_sensitive());
    public.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header};
    use secrecy::ExposeSecret;

    use super::*;

    /// An endpoint with a token, a plain and a sensitive header.
    fn endpoint(url: &str) -> Endpoint {
        let mut headers = HeaderMap::new();
        headers.insert("flux-journal", HeaderValue::from_static("j1"));
        let mut cookie = HeaderValue::from_static("c");
        cookie.set_sensitive(true);
        headers.insert(header::COOKIE, cookie);
        Endpoint { url: url.parse().unwrap(), token: Some("own".to_owned().into()), headers: Arc::new(headers) }
    }

    /// The token and the number of headers after a redirect.
    fn after(from: &str, to: &str, token: Option<&str>) -> Result<(Option<String>, usize), ConnectError> {
        let next = follow(&endpoint(from), to.parse().unwrap(), token.map(str::to_owned))?;
        Ok((next.token.map(|token| token.expose_secret().to_owned()), next.headers.len()))
    }

    /// Checklist 5.
    #[test]
    fn redirect_keeps_the_token_within_the_origin_only() {
        let own = Some("own".to_owned());
        assert_eq!(after("http://a/x", "http://a/y", None).unwrap(), (own, 2));
        assert_eq!(after("https://a/x", "https://b/y", None).unwrap(), (None, 1));
        assert_eq!(after("http://a/x", "https://a/y", None).unwrap(), (None, 1));
        assert_eq!(after("http://a:1/x", "http://a:2/y", None).unwrap(), (None, 1));
        assert_eq!(after("https://a/x", "https://b/y", Some("new")).unwrap(), (Some("new".to_owned()), 1));
    }

    /// Checklist 5.
    #[test]
    fn redirect_never_leaves_https_or_crosses_hosts_without_it() {
        assert!(after("https://a/x", "http://a/x", Some("new")).is_err());
        assert!(after("http://a/x", "http://b/x", Some("new")).is_err());
    }
}
