//! [`StoreApi`]: calls the companion's REST API as a storefront does.

use super::TestbedError;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// Largest answer in bytes.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Calls the companion's REST API.
#[derive(Debug, Clone)]
pub struct StoreApi {
    address: SocketAddr,
    key: String,
}

impl StoreApi {
    /// A client with this key.
    pub fn new(address: SocketAddr, key: String) -> StoreApi {
        StoreApi { address, key }
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// `GET`, which must succeed.
    pub async fn get(&self, path: &str) -> Result<Value, TestbedError> {
        self.must(Method::GET, path, None).await
    }

    /// `PUT`, which must succeed.
    pub async fn put(&self, path: &str, body: Value) -> Result<Value, TestbedError> {
        self.must(Method::PUT, path, Some(body)).await
    }

    /// `POST`, which must succeed.
    pub async fn post(&self, path: &str, body: Value) -> Result<Value, TestbedError> {
        self.must(Method::POST, path, Some(body)).await
    }

    async fn must(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, TestbedError> {
        let (status, answer) = self.call(method.clone(), path, body).await?;
        if status.is_success() {
            return Ok(answer);
        }
        Err(TestbedError::Refused {
            method: method.to_string(),
            path: path.to_owned(),
            status: status.as_u16(),
            body: answer,
        })
    }

    /// Makes any call, whatever the answer. An answer that is not JSON is `null`.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<(StatusCode, Value), TestbedError> {
        let stream = TcpStream::connect(self.address)
            .await
            .map_err(TestbedError::io(format!("connecting to {}", self.address)))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.address.to_string())
            .header(AUTHORIZATION, format!("Bearer {}", self.key))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| TestbedError::Answer(error.to_string()))?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let bytes = Limited::new(answer.into_body(), MAX_ANSWER_BYTES)
            .collect()
            .await
            .map_err(|error| TestbedError::Answer(error.to_string()))?;
        Ok((status, serde_json::from_slice(&bytes.to_bytes()).unwrap_or(Value::Null)))
    }
}
