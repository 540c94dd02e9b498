//! Serving HTTP: connections up to a limit, headers within a time, and a stop that lets requests finish.

use crate::limits;
use axum::Router;
use axum::serve::Listener;
use flux_rest::{Peer, Share, Shares};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
pub use tokio::net::TcpListener as Tcp;
use tokio::net::TcpSocket;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Sleep;
use tower::ServiceExt;

/// Listens on an address; must be called within a tokio runtime. The backlog is long, since thousands of agents may connect
/// at once after a restart.
pub(crate) fn listen(address: SocketAddr) -> io::Result<Tcp> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(limits::LISTEN_BACKLOG)
}

/// The open connections, and the signal that ends them.
pub(crate) struct Connections {
    places: Arc<Semaphore>,
    shares: Arc<Shares>,
    count: usize,
    stop: watch::Sender<bool>,
}

impl Connections {
    pub(crate) fn new(count: usize) -> Connections {
        let shares = Shares::new(count.div_ceil(limits::CONNECTIONS_OF_ADDRESS_PART));
        Connections { places: Arc::new(Semaphore::new(count)), shares, count, stop: watch::Sender::new(false) }
    }

    /// Serves for ever. A connection beyond its address's share is closed at once. Dropping it accepts no new connections and leaves the open ones alone. The listener logs and
    /// retries failed accepts.
    pub(crate) async fn accept<L: Listener<Addr = SocketAddr>>(&self, listener: &mut L, router: &Router) {
        loop {
            // The semaphore is never closed.
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return };
            let (stream, peer) = listener.accept().await;
            let Ok(share) = self.share(peer.ip()) else { continue };
            let peer = Peer(peer.ip().to_string());
            tokio::spawn(serve(Placed::new(stream, place, share), peer, router.clone(), self.stop.subscribe()));
        }
    }

    /// A place of the address's share; none is needed by this machine, whose reverse proxy speaks for many.
    fn share(&self, address: IpAddr) -> Result<Option<Share>, ShareUsedUp> {
        let address = address.to_canonical();
        if address.is_loopback() {
            return Ok(None);
        }
        self.shares.take(&address.to_string()).map(Some).ok_or(ShareUsedUp)
    }

    /// Lets each connection finish its request, then closes it. Returns when all are closed.
    pub(crate) async fn finish(&self) {
        self.stop.send_replace(true);
        let all = u32::try_from(self.count).unwrap_or(u32::MAX);
        // All places are free: no connection is left. The semaphore is never closed.
        let _ = self.places.acquire_many(all).await;
    }
}

/// An address has as many connections as it may have.
#[derive(Debug, PartialEq, Eq)]
struct ShareUsedUp;

/// A connection that frees its place when it is closed. This includes a WebSocket, which outlives its HTTP request.
struct Placed<S> {
    stream: S,
    /// The deadline of a write that waits for the peer.
    stalled: Option<Pin<Box<Sleep>>>,
    _place: OwnedSemaphorePermit,
    _share: Option<Share>,
}

impl<S> Placed<S> {
    fn new(stream: S, place: OwnedSemaphorePermit, share: Option<Share>) -> Placed<S> {
        Placed { stream, stalled: None, _place: place, _share: share }
    }

    /// Fails a write that the peer has not read for too long, to free its place.
    fn unless_stalled<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(limits::WRITE_STALL)));
        stalled.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Placed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Placed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.unless_stalled(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.unless_stalled(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    stream: Placed<S>,
    peer: Peer,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits::HEADER_READ).max_buf_size(limits::HEADER_BYTES);
    let service = TowerToHyperService::new(router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        request
    }));
    let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! { biased;
        ended = connection.as_mut() => ended,
        () = stopping(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error = %error, "a connection broke");
    }
}

async fn stopping(stop: &mut watch::Receiver<bool>) {
    // The wait fails when the server is gone, which is a stop too.
    let _ = stop.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[test]
    fn address_has_a_share_of_the_connections_and_this_machine_has_all() {
        let connections = Connections::new(8);
        let held = |address: &str| {
            let address = address.parse().unwrap();
            (0..8).map_while(|_| connections.share(address).ok()).collect::<Vec<_>>()
        };
        let first = held("203.0.113.5");
        assert_eq!(first.len(), 2);
        assert_eq!(connections.share("::ffff:203.0.113.5".parse().unwrap()).unwrap_err(), ShareUsedUp);
        assert_eq!(held("203.0.113.6").len(), 2, "another address has its own share");
        assert_eq!((held("127.0.0.1").len(), held("::1").len()), (8, 8));
        drop(first);
        assert_eq!(held("203.0.113.5").len(), 2, "free again");
    }

    #[tokio::test(start_paused = true)]
    async fn stalled_reader_is_closed_and_slow_reader_is_not() {
        let places = Arc::new(Semaphore::new(2));
        let place = || Arc::clone(&places).try_acquire_owned().unwrap();
        let (ours, _theirs) = tokio::io::duplex(16);
        let stalled = Placed::new(ours, place(), None).write_all(&[7; 64]).await;
        assert_eq!(stalled.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let (ours, mut theirs) = tokio::io::duplex(16);
        let mut slow = Placed::new(ours, place(), None);
        let reads = async {
            let mut read = [0; 16];
            for _ in 0..4 {
                tokio::time::sleep(limits::WRITE_STALL / 2).await;
                theirs.read_exact(&mut read).await.unwrap();
            }
        };
        let (written, ()) = tokio::join!(slow.write_all(&[7; 64]), reads);
        written.unwrap();
    }
}
