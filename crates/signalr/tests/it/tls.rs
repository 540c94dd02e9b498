//! TLS of the dialer.

use std::{io, net::SocketAddr, sync::Arc};

use axum::serve::Listener;
use flux_signalr::{
    client::{Client, ErrorClass, State, TcpDialer},
    hub::HubOptions,
};
use rustls::{ClientConfig, RootCertStore, ServerConfig, pki_types::PrivateKeyDer};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{
    harness::{TEST_TIMEOUT, Token, options, session, wait_for_state, with_timeout},
    test_service::{TestService, hub},
};

struct TlsListener(TcpListener, TlsAcceptor);

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, address) = self.0.accept().await.unwrap();
            if let Ok(stream) = self.1.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A hub on TLS for `localhost`: its address, and the roots that trust it.
async fn hub_on_tls() -> (String, RootCertStore) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/hubs/agent", listener.local_addr().unwrap().port());
    let router = hub(TestService::new(), HubOptions::default()).2;
    let listener = TlsListener(listener, TlsAcceptor::from(Arc::new(config)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, roots)
}

fn client(url: &str, roots: Option<RootCertStore>) -> Client {
    let config =
        roots.map(|roots| Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()));
    Client::new(options(url), Arc::new(TcpDialer::new(config)), Token::new("good"), Box::new(|_| 0))
}

/// Checklist 12.
#[tokio::test]
async fn https_connects_over_tls_with_custom_roots() {
    let (url, roots) = hub_on_tls().await;
    let connection = session(&mut client(&url, Some(roots))).await.connection;
    assert_eq!(connection.invoke("Void", vec![], TEST_TIMEOUT).await, Ok(Value::Null));
}

/// Checklist 42.
#[tokio::test]
async fn untrusted_certificate_has_its_own_error_class() {
    let (url, _) = hub_on_tls().await;
    for (roots, expected) in [(Some(RootCertStore::empty()), ErrorClass::Tls), (None, ErrorClass::Network)] {
        let state = with_timeout(wait_for_state(&mut client(&url, roots), |state| *state != State::Connecting)).await;
        assert!(matches!(state, State::Reconnecting { class, .. } if class == expected), "{state:?}");
    }
}
