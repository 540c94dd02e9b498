use std::time::Duration;

use http::HeaderMap;

use super::HubUrl;

/// Where the hub is, and every limit of the client.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// The hub's address.
    pub url: HubUrl,
    /// Sent with negotiate and upgrade. Those marked sensitive stay within the origin when the server redirects.
    pub headers: HeaderMap,
    /// For name lookup, TCP and TLS together.
    pub connect_timeout: Duration,
    /// For each HTTP answer: to negotiate, and to the upgrade.
    pub negotiate_timeout: Duration,
    /// For the answer to the handshake.
    pub handshake_timeout: Duration,
    /// A server that sent nothing for so long is given up. At least twice the server's ping interval.
    pub server_timeout: Duration,
    /// A ping goes out when nothing else did for so long. At most half the server's client timeout.
    pub ping_interval: Duration,
    /// For the farewell: Close, and the socket's own close.
    pub stop_timeout: Duration,
    /// For the application's answer to a call of the server, after which the server gets an error.
    pub reply_timeout: Duration,
    /// The largest message to send, in bytes of the record. ASP.NET Core takes 32 KiB by default and drops the
    /// connection of a client that sends more.
    pub max_send_bytes: usize,
    /// The largest message to take, in bytes of the record.
    pub max_receive_bytes: usize,
    /// The largest answer to negotiate, in bytes.
    pub max_negotiate_bytes: usize,
    /// Calls of the server that wait for the application; see [`Session::incoming`](super::Session::incoming).
    pub max_queued_incoming: usize,
    /// Messages of the application that wait for the socket. Senders wait when it is full.
    pub max_queued_outgoing: usize,
    /// Calls of the server whose answer the application owes. Further ones get an error.
    pub max_open_replies: usize,
    /// Redirects followed in one attempt.
    pub max_redirects: usize,
    /// The ceiling of the first retry's delay; it doubles with each.
    pub backoff_floor: Duration,
    /// Where the ceiling stops.
    pub backoff_cap: Duration,
    /// A session that lasted so long starts the backoff over.
    pub reset_after: Duration,
    /// The delay after 401 or 403.
    pub rejected_retry: Duration,
    /// The least delay after a Close that allows no reconnect.
    pub no_reconnect_retry: Duration,
    /// The longest `Retry-After` (on 429 and 503) that is obeyed.
    pub max_retry_after: Duration,
}

impl ClientOptions {
    /// The defaults: the official clients' where they have any.
    #[must_use]
    pub fn new(url: HubUrl) -> Self {
        Self {
            url,
            headers: HeaderMap::new(),
            connect_timeout: Duration::from_secs(10),
            negotiate_timeout: Duration::from_secs(15),
            handshake_timeout: Duration::from_secs(15),
            server_timeout: Duration::from_secs(30),
            ping_interval: Duration::from_secs(15),
            stop_timeout: Duration::from_secs(5),
            reply_timeout: Duration::from_secs(60),
            max_send_bytes: 32 * 1024,
            max_receive_bytes: 4 * 1024 * 1024,
            max_negotiate_bytes: 64 * 1024,
            max_queued_incoming: 256,
            max_queued_outgoing: 64,
            max_open_replies: 64,
            max_redirects: 5,
            backoff_floor: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(60),
            reset_after: Duration::from_secs(30),
            rejected_retry: Duration::from_secs(60),
            no_reconnect_retry: Duration::from_secs(5),
            max_retry_after: Duration::from_secs(3600),
        }
    }
}
