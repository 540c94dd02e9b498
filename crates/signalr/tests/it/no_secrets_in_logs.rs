//! Searches everything that both sides log for a planted token.

use std::{
    io,
    sync::{Arc, Mutex},
};

use flux_signalr::hub::HubOptions;
use serde_json::Value;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    harness::{TEST_TIMEOUT, eager_client, options, serve, session},
    test_service::{TestService, hub},
    wire_faults::read_head,
};

const PLANTED: &str = "planted-secret";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Checklist 7, 49.
#[tokio::test]
async fn logs_never_contain_a_token_even_at_trace() {
    let log = Log::default();
    let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone());
    let _guard = tracing::subscriber::set_default(everything.finish());

    let service = TestService::new();
    service.tokens.lock().unwrap().insert(PLANTED.to_owned());
    let address = serve(hub(service, HubOptions::default()).2).await;
    let mut client = eager_client(options(&format!("http://{address}/hubs/agent")), PLANTED);
    let connection = session(&mut client).await.connection;
    assert_eq!(connection.invoke("Void", vec![], TEST_TIMEOUT).await, Ok(Value::Null));
    connection.stop().await;

    // Browsers send the token in the query.
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let upgrade = "Host: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13";
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let request = format!("GET /hubs/agent?access_token={PLANTED} HTTP/1.1\r\n{upgrade}\r\n{key}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    assert!(read_head(&mut stream).await.unwrap().starts_with("HTTP/1.1 101 "));

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("client connected"), "the log is taken: {text}");
    assert!(!text.contains(PLANTED), "{text}");
}
