//! Opens byte streams to a server: TCP, with TLS for `https`.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;

/// A boxed future, for traits that are used as objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A bidirectional byte stream; implemented for every suitable type.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> ByteStream for T {}

/// Opens byte streams. Implement it for a proxy or a simulated network.
pub trait Dialer: Send + Sync {
    /// Connects to `host` (a name or an address, IPv6 without brackets), with TLS if `tls`. The client limits the time.
    ///
    /// # Errors
    ///
    /// An error that wraps a [`rustls::Error`] is reported as [`ErrorClass::Tls`](super::ErrorClass::Tls), any other
    /// as [`ErrorClass::Network`](super::ErrorClass::Network).
    fn dial<'a>(&'a self, host: &'a str, port: u16, tls: bool) -> BoxFuture<'a, io::Result<Box<dyn ByteStream>>>;
}

/// For each address of a name. One may be unreachable without an error (IPv6 without a route), and the others must get
/// their turn within the client's connect timeout.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(3);

/// Connects over TCP without Nagle's algorithm, and with rustls for `https`.
#[derive(Clone, Debug)]
pub struct TcpDialer {
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl TcpDialer {
    /// Creates a dialer. `tls` has the trusted roots and the crypto provider; without it, `https` addresses fail.
    #[must_use]
    pub fn new(tls: Option<Arc<rustls::ClientConfig>>) -> Self {
        Self { tls }
    }
}

impl Dialer for TcpDialer {
    fn dial<'a>(&'a self, host: &'a str, port: u16, tls: bool) -> BoxFuture<'a, io::Result<Box<dyn ByteStream>>> {
        Box::pin(async move {
            if !tls {
                return Ok(Box::new(connect(host, port).await?) as Box<dyn ByteStream>);
            }
            let config = self.tls.clone().ok_or_else(|| {
                io::Error::other("cannot connect to an https address: no TLS configuration was given")
            })?;
            let name = server_name(host)?;
            let stream = connect(host, port).await?;
            Ok(Box::new(TlsConnector::from(config).connect(name, stream).await?) as Box<dyn ByteStream>)
        })
    }
}

fn server_name(host: &str) -> io::Result<ServerName<'static>> {
    match host.parse::<IpAddr>() {
        Ok(address) => Ok(ServerName::from(address)),
        Err(_) => ServerName::try_from(host.to_owned()).map_err(io::Error::other),
    }
}

async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
    for address in lookup_host((host, port)).await? {
        match connect_one(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn connect_one(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = timeout(ADDRESS_TIMEOUT, TcpStream::connect(address))
        .await
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, format!("{address} did not answer")))??;
    stream.set_nodelay(true)?;
    Ok(stream)
}
