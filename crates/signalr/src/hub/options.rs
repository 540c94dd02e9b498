//! Every limit of the hub.

use std::time::Duration;

/// Every limit of the hub; the defaults follow ASP.NET Core where it has the same limit. Sizes are in bytes of a record.
#[derive(Clone, Debug)]
pub struct HubOptions {
    /// The number of open sockets. Further ones get 503.
    pub max_connections: usize,
    /// The number of open sockets of one identity. Further ones get 503, so that one identity cannot take all connections.
    /// Four times as many tokens that it has used are remembered until they expire; further ones get 503 too.
    pub max_connections_per_identity: usize,
    /// The time in which a negotiation must be followed by its socket (ASP.NET Core: 15 s).
    pub negotiation_ttl: Duration,
    /// The time for the client's handshake (ASP.NET Core: 15 s).
    pub handshake_timeout: Duration,
    /// The hub pings after it sent nothing for this time (ASP.NET Core: 15 s).
    pub ping_interval: Duration,
    /// The hub drops a client that sent nothing for this time (ASP.NET Core: 30 s). At least twice the clients' ping
    /// interval: less drops clients that are alive, more keeps dead ones longer.
    pub client_timeout: Duration,
    /// The largest message to accept (ASP.NET Core: 32 KiB).
    pub max_receive_bytes: usize,
    /// The queue of messages to one client. One more closes the connection as too slow.
    pub max_queued_messages: usize,
    /// The same queue in bytes, and so the largest message that can be sent.
    pub max_queued_bytes: usize,
    /// The queue of one client's calls behind the running one. While it is full, nothing is read from that client.
    pub max_queued_invocations: usize,
    /// Messages of any kind that are read from one client in a second, on average and in a burst. More are read later.
    pub max_messages_per_second: u32,
    /// Time for one call, and for [`HubService::connected`](super::HubService::connected). A call that takes longer is
    /// dropped and answered with an error.
    pub invocation_timeout: Duration,
    /// Time for the end of one connection: the answer to a running call, queued messages, Close, and the client's own
    /// close. A call that still runs then is dropped.
    pub close_timeout: Duration,
    /// Time for the end of all connections; longer than `close_timeout`.
    pub shutdown_timeout: Duration,
    /// The `Retry-After` of the hub's own 503s.
    pub busy_retry_after: Duration,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self {
            max_connections: 1024,
            max_connections_per_identity: 1024,
            negotiation_ttl: Duration::from_secs(15),
            handshake_timeout: Duration::from_secs(15),
            ping_interval: Duration::from_secs(15),
            client_timeout: Duration::from_secs(30),
            max_receive_bytes: 32 * 1024,
            max_queued_messages: 256,
            max_queued_bytes: 4 * 1024 * 1024,
            max_queued_invocations: 32,
            max_messages_per_second: 100,
            invocation_timeout: Duration::from_secs(60),
            close_timeout: Duration::from_secs(5),
            shutdown_timeout: Duration::from_secs(10),
            busy_retry_after: Duration::from_secs(5),
        }
    }
}
