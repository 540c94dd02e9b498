//! Serves the control port on a loopback address.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::request::answer;
use super::{MAX_CONNECTIONS, MAX_REQUEST_BYTES};
use crate::Error;
use crate::game::Game;

/// Listens on a loopback address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    if !address.ip().is_loopback() {
        return Err(Error::NotLoopback(address));
    }
    TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })
}

/// Serves the control port until the future is dropped; it ends only with an error.
pub async fn serve(game: Game, listener: TcpListener) -> Result<(), Error> {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                if connections.len() < MAX_CONNECTIONS {
                    connections.spawn(converse(game.clone(), stream));
                }
            }
        }
    }
}

async fn converse(game: Game, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while (&mut stream).take(MAX_REQUEST_BYTES).read_line(&mut line).await? > 0 {
        if !line.ends_with('\n') {
            break;
        }
        let answer = format!("{}\n", answer(&game, &line).await);
        stream.write_all(answer.as_bytes()).await?;
        line.clear();
    }
    Ok(())
}
