//! Links of customers and the landing pages that they may lead to.

use crate::{Code, LinkId, Reason, ValidationError, limits};

/// The store's own addresses, to which links may lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreAddress {
    home: String,
    hosts: Vec<String>,
}

impl StoreAddress {
    /// The home page, `https://host/…`, and further hosts (with their port, where they have one) on which the store has pages.
    pub fn new(home: &str, more_hosts: &[&str]) -> Result<StoreAddress, ValidationError> {
        let host = host_of(home).ok_or(ValidationError::Landing)?;
        let hosts = std::iter::once(host).chain(more_hosts.iter().map(|host| host.to_ascii_lowercase())).collect();
        Ok(StoreAddress { home: ascii(home), hosts })
    }

    /// The home page.
    pub fn home(&self) -> Landing {
        Landing(self.home.clone())
    }

    /// The home page's host, with its port.
    pub fn host(&self) -> &str {
        self.hosts.first().map_or("", String::as_str)
    }

    /// Reads the landing address that an admin has set (R3-16, R4-30): blank is the home page, a path is one of the home page's host.
    pub fn landing(&self, text: &str) -> Result<Landing, ValidationError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(self.home());
        }
        let is_path = text.starts_with('/') && !text.starts_with("//");
        let full = if is_path { format!("{}{text}", origin(&self.home)) } else { text.to_owned() };
        let host = host_of(&full).ok_or(ValidationError::Landing)?;
        if self.hosts.contains(&host) { Ok(Landing(ascii(&full))) } else { Err(ValidationError::Landing) }
    }
}

/// The page that a link leads to: http(s), on a host of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing(String);

impl Landing {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The link: the address with `ref=CODE` (R4-08). It keeps the existing query except an old `ref`.
    pub fn link(&self, code: &Code) -> String {
        self.with(&[("ref", code.as_str())])
    }

    /// The link for a visitor: with the id of their click, `click=ID`, which the store hands on with a signup.
    pub fn link_of_click(&self, code: &Code, click: &str) -> String {
        self.with(&[("ref", code.as_str()), ("click", click)])
    }

    /// The address with these parameters, in the place of existing ones of those names.
    fn with(&self, parameters: &[(&str, &str)]) -> String {
        let (address, fragment) = match self.0.split_once('#') {
            Some((address, fragment)) => (address, format!("#{fragment}")),
            None => (self.0.as_str(), String::new()),
        };
        let (page, query) = address.split_once('?').unwrap_or((address, ""));
        let name = |pair: &str| pair.split_once('=').map_or(pair, |(name, _)| name).to_owned();
        let is_kept = |pair: &&str| !pair.is_empty() && parameters.iter().all(|(ours, _)| name(pair) != *ours);
        let kept = query.split('&').filter(is_kept).map(str::to_owned);
        let query: Vec<String> = kept.chain(parameters.iter().map(|(name, value)| format!("{name}={value}"))).collect();
        format!("{page}?{}{fragment}", query.join("&"))
    }
}

/// The address as it goes into a header (RFC 3986, section 2.1): other characters than ASCII are percent-encoded.
fn ascii(address: &str) -> String {
    let mut text = String::with_capacity(address.len());
    for byte in address.bytes() {
        match byte {
            ..=0x7f => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// `https://host` of an address that [`host_of`] has accepted.
fn origin(address: &str) -> &str {
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address[start..].find(['/', '?', '#']).map_or(address.len(), |at| start + at);
    &address[..end]
}

/// The lower-cased host, with its port, of an http(s) address. `None` for anything that a browser might read otherwise than we do.
fn host_of(address: &str) -> Option<String> {
    let odd = |letter: char| letter.is_control() || letter.is_whitespace() || "\\\"'<>`".contains(letter);
    if address.len() > limits::LANDING_BYTES || address.chars().any(odd) {
        return None;
    }
    let (scheme, rest) = address.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    (is_web && !host.is_empty() && host.bytes().all(allowed)).then(|| host.to_ascii_lowercase())
}

/// The id and the code of a customer's link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// Its code.
    pub code: Code,
}

/// The result of a request for a customer's link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuedLink {
    /// No link: the program is off, no rule applies, or the customer is not eligible (R2-04, R4-04).
    Null(Reason),
    /// The one they have (R2-14); nothing is ever deleted, so that enabling revives the same code.
    Existing(Link),
    /// They get their first one: make a code and keep it.
    New,
}

/// Issues a link to a customer whose standing as a referrer is `standing` (see [`crate::effective`]).
pub fn issue_link<T>(existing: Option<&Link>, standing: Result<T, Reason>) -> IssuedLink {
    match (standing, existing) {
        (Err(reason), _) => IssuedLink::Null(reason),
        (Ok(_), Some(link)) => IssuedLink::Existing(link.clone()),
        (Ok(_), None) => IssuedLink::New,
    }
}
