use std::time::Duration;

/// Every limit of the hub.
#[derive(Clone, Debug)]
pub struct HubOptions {
    /// Open sockets. Further ones get 503.
    pub max_connections: usize,
    /// Negotiations whose socket has not come yet. Further ones get 503.
    pub max_negotiations: usize,
    /// Open sockets and waiting negotiations of one identity. Further ones get 503: one caller does not take everybody's places.
    pub max_connections_per_identity: usize,
    /// How long a negotiation waits for its socket (ASP.NET Core: 15 s).
    pub negotiation_ttl: Duration,
    /// How long a socket may take to send its handshake (ASP.NET Core: 15 s).
    pub handshake_timeout: Duration,
    /// A ping goes out when nothing else did for so long (ASP.NET Core: 15 s).
    pub ping_interval: Duration,
    /// A client that sent nothing for so long is dropped (ASP.NET Core: 30 s). At least twice the clients' interval.
    pub client_timeout: Duration,
    /// The largest message to take, in bytes of the record (ASP.NET Core: 32 KiB).
    pub max_receive_bytes: usize,
    /// Messages that wait for one client's socket. One more, and the client is closed as too slow.
    pub max_queued_messages: usize,
    /// The same in bytes; so it is the largest message that can be sent, too.
    pub max_queued_bytes: usize,
    /// Calls of one client that wait for the one that runs. While the queue is full nothing is read from that client.
    pub max_queued_invocations: usize,
    /// Messages of any kind that one client may send in a second, on average and in a burst. More are read later.
    pub max_messages_per_second: u32,
    /// For one call, and for [`HubService::connected`](super::HubService::connected). A call that takes longer is
    /// dropped, and answered with an error.
    pub invocation_timeout: Duration,
    /// For the end of one connection: the answer to a running call, what is queued, Close, and the client's own close.
    /// A call that still runs then is dropped.
    pub close_timeout: Duration,
    /// For the end of all of them; longer than `close_timeout`.
    pub shutdown_timeout: Duration,
    /// The `Retry-After` of the hub's own 503s.
    pub busy_retry_after: Duration,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self {
            max_connections: 1024,
            max_negotiations: 1024,
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
