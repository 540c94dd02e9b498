//! Serves `/metrics`, `/health/live` and `/health/ready`. A connection carries one GET request; connections are limited in number and time.

use super::exposition;
use crate::limits::{METRICS_CLIENTS, METRICS_DEADLINE, METRICS_REQUEST_BYTES};
use crate::state::SessionState;
use crate::state::Shared;
use flux_protocol::GameState;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The socket of `metrics.listen`.
#[derive(Debug)]
pub struct MetricsListener(TcpListener);

/// Listens on `metrics.listen`.
pub async fn bind(address: SocketAddr) -> io::Result<MetricsListener> {
    TcpListener::bind(address).await.map(MetricsListener)
}

/// Serves clients until the task is aborted.
pub async fn serve(listener: MetricsListener, shared: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(METRICS_CLIENTS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.0.accept().await {
            Ok((stream, _)) => {
                let shared = shared.clone();
                tokio::spawn(async move {
                    // A slow or disconnected client needs no answer.
                    let _ = timeout(METRICS_DEADLINE, answer(stream, &shared)).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "failed to accept a metrics client");
                tokio::time::sleep(METRICS_DEADLINE).await;
            }
        }
    }
}

async fn answer(stream: TcpStream, shared: &Shared) -> hyper::Result<()> {
    let respond = |request: Request<Incoming>| async move { Ok::<_, Infallible>(respond(&request, shared)) };
    http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(METRICS_REQUEST_BYTES)
        .timer(TokioTimer::new())
        .header_read_timeout(METRICS_DEADLINE)
        .serve_connection(TokioIo::new(stream), service_fn(respond))
        .await
}

fn respond(request: &Request<Incoming>, shared: &Shared) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "GET only\n".into());
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match request.uri().path() {
        "/metrics" => {
            let mut response = plain(StatusCode::OK, exposition::text(shared));
            let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response
        }
        "/health/live" => {
            health(shared.heartbeat.overdue().map(|task| format!("the {task} task is stuck")).into_iter().collect())
        }
        "/health/ready" => health(not_ready(shared)),
        _ => plain(StatusCode::NOT_FOUND, "not found; try /metrics, /health/live or /health/ready\n".into()),
    }
}

/// The problems that prevent a delivery now.
fn not_ready(shared: &Shared) -> Vec<String> {
    let mut problems: Vec<String> =
        shared.heartbeat.overdue().map(|task| format!("the {task} task is stuck")).into_iter().collect();
    let session = shared.store.borrow().session;
    if session != SessionState::Connected {
        problems.push(format!("store: {}", session.as_str()));
    }
    let game = shared.game.borrow().clone();
    if game.state != GameState::Online {
        problems.push(format!("game: {}", game.state));
    } else if game.list_command.is_none() {
        problems.push("game: its player list cannot be read".to_owned());
    }
    problems.extend(shared.journal_error.borrow().as_ref().map(|error| format!("journal: {error}")));
    problems
}

fn health(problems: Vec<String>) -> Response<Full<Bytes>> {
    if problems.is_empty() {
        plain(StatusCode::OK, "ok\n".into())
    } else {
        plain(StatusCode::SERVICE_UNAVAILABLE, problems.join("\n") + "\n")
    }
}

fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
