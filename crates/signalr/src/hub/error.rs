//! The errors of messages and calls to a client.

use std::time::Duration;

#[cfg(doc)]
use super::HubOptions;

/// A message to a client that was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubSendError {
    /// The connection is closed or closing.
    #[error("the connection is closed")]
    Closed,
    /// The client reads too slowly, so its connection is being closed.
    #[error("the client reads too slowly, so its connection is being closed")]
    Slow,
    /// The message alone exceeds [`HubOptions::max_queued_bytes`]. The connection stays open.
    #[error("the message has {size_bytes} bytes and the limit is {limit_bytes}; send less at once")]
    TooLarge {
        /// The size of the record in bytes.
        size_bytes: usize,
        /// [`HubOptions::max_queued_bytes`].
        limit_bytes: usize,
    },
}

/// A failed call of a client's method.
///
/// After [`ConnectionLost`](Self::ConnectionLost) and [`TimedOut`](Self::TimedOut) the client may or may not have run the
/// call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubCallError {
    /// The call was not sent.
    #[error(transparent)]
    NotSent(#[from] HubSendError),
    /// The connection ended before the answer arrived.
    #[error("the connection was lost before the answer arrived")]
    ConnectionLost,
    /// No answer arrived within the deadline of the call.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The client answered with an error; its text is shortened to 1,024 characters.
    #[error("the client refused the call: {0}")]
    Refused(String),
    /// The client answered with a result that cannot be read; the problem is shortened to 1,024 characters.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}
