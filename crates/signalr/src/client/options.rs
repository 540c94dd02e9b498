//! The address of the hub, and every limit of the client.

use std::time::Duration;

use http::HeaderMap;

use super::HubUrl;

/// The hub's address and every limit of the client. Sizes are in bytes of a record.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// The hub's address.
    pub url: HubUrl,
    /// Headers of the negotiate and upgrade requests. Sensitive ones stay within the origin if the server redirects.
    pub headers: HeaderMap,
    /// Time for name lookup, TCP and TLS together.
    pub connect_timeout: Duration,
    /// Time for each HTTP response, to negotiate and to the upgrade.
    pub negotiate_timeout: Duration,
    /// Time for the handshake response.
    pub handshake_timeout: Duration,
    /// The client drops a server that sent nothing for this time. At least twice the server's ping interval: less drops
    /// servers that are alive, more notices a dead one later.
    pub server_timeout: Duration,
    /// The client pings after it sent nothing for this time. At most half the server's client timeout.
    pub ping_interval: Duration,
    /// Time for a graceful end: queued messages, Close, and the socket's own close.
    pub stop_timeout: Duration,
    /// Time for the application's reply to a call of the server; then the server gets an error.
    pub reply_timeout: Duration,
    /// The largest message to send. ASP.NET Core accepts 32 KiB by default and drops a client that sends more.
    pub max_send_bytes: usize,
    /// The largest message to accept.
    pub max_receive_bytes: usize,
    /// The largest negotiate response.
    pub max_negotiate_bytes: usize,
    /// The calls in the queue of the server's calls; see [`Session::incoming`](super::Session::incoming).
    pub max_queued_incoming: usize,
    /// The bytes of the calls in that queue. A call that is larger waits until the queue is empty.
    pub max_queued_incoming_bytes: usize,
    /// The queue of messages to the server. Senders wait while it is full.
    pub max_queued_outgoing: usize,
    /// Calls of the server that may wait for a reply at once. Further ones get an error.
    pub max_open_replies: usize,
    /// The number of redirects to follow in one attempt.
    pub max_redirects: usize,
    /// The ceiling of the first delay. It doubles with each retry.
    pub backoff_floor: Duration,
    /// The largest ceiling of a delay.
    pub backoff_cap: Duration,
    /// A session that lasted this long resets the backoff.
    pub reset_after: Duration,
    /// The delay after the server rejected the credential (a 401 or 403 of its own).
    pub rejected_retry: Duration,
    /// The least delay after a Close that does not allow a reconnect.
    pub no_reconnect_retry: Duration,
    /// The longest `Retry-After` (of 429 and 503) that the client obeys.
    pub max_retry_after: Duration,
}

impl ClientOptions {
    /// The defaults: those of the official clients where they exist.
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
            max_queued_incoming_bytes: 4 * 1024 * 1024,
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
