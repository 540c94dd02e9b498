//! The proxy between the agent and the store: it delays calls and answers, repeats stale answers, and blocks WebSockets.

use crate::net::{PROXY, http};
use flux_agent::config::LiveConfig;
use flux_agent::upstream::{Call, Method, Rest, RestError};
use flux_signalr::client::{BoxFuture, ByteStream, Dialer, UnexpectedResponse};
use hyper::{HeaderMap, Method as HttpMethod, StatusCode};
use secrecy::ExposeSecret;
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use turmoil::net::TcpStream;

/// The faults of the proxy.
#[derive(Default)]
pub struct Proxy {
    /// Delays of the next calls that report to the store (reports, joins); the agent gets an error for them.
    pub late_reports: Mutex<VecDeque<Duration>>,
    /// Delays of the next answers to polls.
    pub late_answers: Mutex<VecDeque<Duration>>,
    /// The number of next polls that get an earlier answer, as from a cache.
    pub stale_answers: AtomicU64,
    /// The time at which a report was last delayed.
    pub delayed_at: Mutex<Option<Duration>>,
    /// Blocks WebSockets.
    pub blocks_websockets: AtomicBool,
    under_way: Mutex<Vec<(Duration, Outgoing)>>,
    /// The last answers to polls, each with the journal that polled.
    answers: Mutex<VecDeque<(String, Vec<u8>)>>,
}

/// Number of answers that the proxy stores.
const REMEMBERED: usize = 4;

impl Proxy {
    /// The oldest stored answer to this journal, if a stale answer is due.
    fn stale_answer(&self, journal: &str) -> Option<Vec<u8>> {
        let answers = self.answers.lock().unwrap();
        let (_, answer) = answers.iter().find(|(asked, _)| asked == journal)?;
        let planned = self.stale_answers.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1));
        planned.is_ok().then(|| answer.clone())
    }

    fn remember(&self, journal: &str, answer: &[u8]) {
        let mut answers = self.answers.lock().unwrap();
        answers.push_back((journal.to_owned(), answer.to_owned()));
        if answers.len() > REMEMBERED {
            answers.pop_front();
        }
    }

    fn delay(&self, call: Outgoing, late: Duration) {
        let now = turmoil::sim_elapsed().unwrap();
        *self.delayed_at.lock().unwrap() = Some(now);
        self.under_way.lock().unwrap().push((now + late, call));
    }

    fn due(&self) -> Vec<(Duration, Outgoing)> {
        let (mut under_way, now) = (self.under_way.lock().unwrap(), turmoil::sim_elapsed().unwrap());
        let (due, rest) = std::mem::take(&mut *under_way).into_iter().partition(|(at, _)| *at <= now);
        *under_way = rest;
        due
    }
}

/// A REST call on its way to the store.
struct Outgoing {
    method: HttpMethod,
    path: String,
    headers: [(&'static str, String); 2],
    body: Vec<u8>,
}

impl Outgoing {
    async fn call(self) -> Result<(u16, Vec<u8>), String> {
        http(self.method, &self.path, &self.headers, self.body).await
    }
}

/// Runs the proxy's host: sends delayed calls when they are due.
pub async fn run(proxy: Arc<Proxy>) -> Result<(), Box<dyn std::error::Error>> {
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        for (_, call) in proxy.due() {
            // No caller waits for the answer any more.
            let _ = tokio::time::timeout(Duration::from_secs(10), call.call()).await;
        }
    }
}

/// Connects the agent's WebSockets.
pub struct SimDialer(pub Arc<Proxy>);

impl Dialer for SimDialer {
    fn dial<'a>(&'a self, host: &'a str, port: u16, _tls: bool) -> BoxFuture<'a, io::Result<Box<dyn ByteStream>>> {
        Box::pin(async move {
            if self.0.blocks_websockets.load(Ordering::SeqCst) {
                return Err(io::Error::other(format!("{PROXY} lets no WebSocket through")));
            }
            Ok(Box::new(TcpStream::connect((host, port)).await?) as Box<dyn ByteStream>)
        })
    }
}

/// Makes the agent's REST calls.
pub struct SimRest {
    pub config: LiveConfig,
    pub journal: String,
    pub proxy: Arc<Proxy>,
}

impl Rest for SimRest {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Vec<u8>, RestError>> {
        Box::pin(async move {
            let method = match call.method {
                Method::Get => HttpMethod::GET,
                Method::Post => HttpMethod::POST,
            };
            let path = format!("/api/v1/agent{}", call.path);
            let token = self.config.get().store.token.expose();
            let headers = [
                ("authorization", format!("Bearer {}", token.expose_secret())),
                ("flux-journal", self.journal.clone()),
            ];
            let is_poll = method == HttpMethod::GET;
            let outgoing = Outgoing { method, path, headers, body: call.body.unwrap_or_default() };
            let timed_out = || RestError::Unreachable("timed out".into());
            if !is_poll && let Some(late) = self.proxy.late_reports.lock().unwrap().pop_front() {
                self.proxy.delay(outgoing, late);
                return Err(timed_out());
            }
            if is_poll && let Some(answer) = self.proxy.stale_answer(&self.journal) {
                return Ok(answer);
            }
            let answer = tokio::time::timeout(Duration::from_secs(30), outgoing.call());
            let (status, body) = answer.await.map_err(|_| timed_out())?.map_err(RestError::Unreachable)?;
            let late = if is_poll { self.proxy.late_answers.lock().unwrap().pop_front() } else { None };
            tokio::time::sleep(late.unwrap_or_default()).await;
            if is_poll && status == 200 {
                self.proxy.remember(&self.journal, &body);
            }
            if (200..300).contains(&status) {
                Ok(body)
            } else {
                let store = &self.config.get().store;
                let status = StatusCode::from_u16(status).unwrap();
                let response = UnexpectedResponse::read(status, &HeaderMap::new(), &body, &store.url);
                Err(RestError::of_response(response, store, &call.path))
            }
        })
    }
}
