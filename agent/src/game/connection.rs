use super::Lost;
use flux_rcon::{ConnectError, Connection, Outcome, Timeouts};
use flux_signalr::client::BoxFuture;
use secrecy::SecretString;

/// Connects to the game and logs in. A simulation passes its own.
pub trait GameDialer: Send + Sync {
    /// A new connection, logged in.
    fn dial(&self) -> BoxFuture<'_, Result<Connection, ConnectError>>;
}

/// RCON over TCP.
#[derive(Debug)]
pub struct RconDialer {
    /// Host and port.
    pub address: String,
    /// The game's `rcon.password`.
    pub password: SecretString,
    /// Of each step.
    pub timeouts: Timeouts,
}

impl GameDialer for RconDialer {
    fn dial(&self) -> BoxFuture<'_, Result<Connection, ConnectError>> {
        Box::pin(Connection::open(&self.address, &self.password, self.timeouts))
    }
}

/// Asks the game something harmless: an answer, or the connection is of no use any more.
pub(super) async fn ask(connection: &mut Connection, line: &str) -> Result<String, Lost> {
    match connection.run(line).await {
        Outcome::Replied(answer) => Ok(answer),
        Outcome::NotSent(refusal) => Err(Lost::Connection(refusal.to_string())),
        Outcome::Rejected => Err(Lost::Connection("the game no longer takes this connection as logged in".into())),
        Outcome::Unknown(cause) => Err(Lost::Connection(cause.to_string())),
    }
}
