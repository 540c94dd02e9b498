//! [`Link`]: a TCP proxy between agent and companion that a test can cut.

use super::TestbedError;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Bytes of a request's head that are read to tell a session from a REST call.
const HEAD_BYTES: usize = 4 * 1024;

/// The link between agent and companion, which can be cut: completely, or for sessions only.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    cut: Arc<watch::Sender<Cut>>,
    task: tokio::task::AbortHandle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Whole,
    Sessions,
    Everything,
}

impl Link {
    /// Opens a link to this address.
    pub async fn to(target: SocketAddr) -> Result<Link, TestbedError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(TestbedError::io("laying a link"))?;
        let address = listener.local_addr().map_err(TestbedError::io("laying a link"))?;
        let cut = Arc::new(watch::Sender::new(Cut::Whole));
        let task = tokio::spawn(carry(listener, target, cut.clone())).abort_handle();
        Ok(Link { address, cut, task })
    }

    /// The address to connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts the session and refuses new ones; REST calls still pass.
    pub fn cut_sessions(&self) {
        self.cut.send_replace(Cut::Sessions);
    }

    /// Cuts all connections.
    pub fn cut(&self) {
        self.cut.send_replace(Cut::Everything);
    }

    /// Restores the link.
    pub fn restore(&self) {
        self.cut.send_replace(Cut::Whole);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(listener: TcpListener, target: SocketAddr, cut: Arc<watch::Sender<Cut>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let cut = cut.subscribe();
        tokio::spawn(async move {
            // Broken connections are the purpose of a link.
            let _ = join(stream, target, cut).await;
        });
    }
}

async fn join(mut near: TcpStream, target: SocketAddr, mut cut: watch::Receiver<Cut>) -> io::Result<()> {
    let mut head = vec![0; HEAD_BYTES];
    let length = near.read(&mut head).await?;
    let is_session = head[..length].windows(6).any(|bytes| bytes == b"/hubs/");
    let blocked = move |cut: &Cut| *cut == Cut::Everything || (is_session && *cut == Cut::Sessions);
    if blocked(&cut.borrow_and_update()) {
        return Ok(());
    }
    let mut far = TcpStream::connect(target).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    far.write_all(&head[..length]).await?;
    tokio::select! { biased;
        _ = cut.wait_for(blocked) => Ok(()),
        copied = copy_bidirectional(&mut near, &mut far) => copied.map(drop),
    }
}
