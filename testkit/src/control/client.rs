//! The client of the control port.

use std::io;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::MAX_ANSWER_BYTES;
use crate::Error;

/// Sends one request to the control port of a running game.
pub async fn ask(address: SocketAddr, line: &str) -> Result<Value, Error> {
    let answer = exchange(address, line).await.map_err(|source| Error::Control { address, source })?;
    match answer.get("error").and_then(Value::as_str) {
        Some(error) => Err(Error::Refused(error.to_owned())),
        None => Ok(answer),
    }
}

async fn exchange(address: SocketAddr, line: &str) -> io::Result<Value> {
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    stream.write_all(format!("{line}\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.take(MAX_ANSWER_BYTES).read_line(&mut answer).await?;
    Ok(serde_json::from_str(&answer)?)
}
