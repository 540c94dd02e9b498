//! The login of a new connection.

use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;

use crate::codec::{KIND_LOGIN, KIND_LOGIN_REPLY, KIND_REPLY, Packet};
use crate::connection::{MAX_COMMAND_BYTES, Timeouts, is_login_refusal};
use crate::outcome::{ConnectError, ReplyError};
use crate::packet_stream::{PacketStream, SendError};

/// The id of the login request, the first of a connection.
pub(crate) const LOGIN_ID: i32 = 1;

/// Logs in, and returns the stream if the game accepts the password.
pub(crate) async fn login(
    mut stream: PacketStream,
    password: &SecretString,
    timeouts: Timeouts,
) -> Result<PacketStream, ConnectError> {
    let password = password.expose_secret();
    if password.is_empty() || password.len() > MAX_COMMAND_BYTES || password.contains('\0') {
        return Err(ConnectError::UnusablePassword);
    }
    let request = Packet::new(LOGIN_ID, KIND_LOGIN, password);
    stream.send(&request, timeouts.write).await.map_err(|error| match error {
        SendError::NotWritten(error) | SendError::AfterWrite(error) => ConnectError::Io(error),
        SendError::TimedOut => ConnectError::NoAnswer,
    })?;
    timeout(timeouts.login, read_answer(&mut stream)).await.map_err(|_| ConnectError::NoAnswer)??;
    Ok(stream)
}

/// Waits for the answer to the login. Valve's servers send an empty reply first.
async fn read_answer(stream: &mut PacketStream) -> Result<(), ConnectError> {
    loop {
        let packet = stream.receive().await.map_err(|error| match error {
            ReplyError::Closed => ConnectError::Closed,
            ReplyError::Io(error) => ConnectError::Io(error),
            ReplyError::NoReply | ReplyError::Incomplete | ReplyError::WrongId(_) | ReplyError::Garbage(_) => {
                ConnectError::NotRcon
            }
        })?;
        match packet {
            Packet { id: LOGIN_ID, kind: KIND_LOGIN_REPLY, .. } => return Ok(()),
            Packet { id: LOGIN_ID, kind: KIND_REPLY, .. } => {}
            _ if is_login_refusal(&packet) => return Err(ConnectError::WrongPassword),
            _ => return Err(ConnectError::NotRcon),
        }
    }
}
