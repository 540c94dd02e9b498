//! News about a server for the session of its agent.

use super::Sessions;
use flux_protocol::{ErrorCode, ServerId};

/// Reaches the session of a server's agent, in whichever process it is open. A signal may be lost: the dispatcher looks again
/// by itself, and each call checks its token and its seat.
pub trait SessionSignals: Send + Sync {
    /// There is something new to offer.
    fn has_commands(&self, server: &ServerId);
    /// The server has a new token: the session with the old one ends.
    fn token_replaced(&self, server: &ServerId);
    /// The server was removed: its session ends.
    fn server_removed(&self, server: &ServerId);
}

/// Reaches the sessions of this process.
impl SessionSignals for Sessions {
    fn has_commands(&self, server: &ServerId) {
        self.wake(server);
    }

    fn token_replaced(&self, server: &ServerId) {
        self.disconnect(server, ErrorCode::TokenRevoked.message("this server has a new token"));
    }

    fn server_removed(&self, server: &ServerId) {
        self.disconnect(server, ErrorCode::ServerRemoved.message("the store has removed this server"));
    }
}
