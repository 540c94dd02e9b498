//! The hub service of the tests.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU8, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::Router;
use flux_signalr::{
    codec::{arguments as read, target_matches},
    hub::{AuthRejection, Caller, Credentials, Hub, HubConnection, HubError, HubOptions, HubService, NegotiationKey},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::{
    sync::{Semaphore, watch},
    time::Instant,
};

use crate::harness::TEST_TIMEOUT;

/// The hub's time when it is created, in seconds since 1970.
const START: u64 = 1_800_000_000;

/// Knows the tokens in `tokens`; a caller's identity is its token. Methods: Echo, Void, Fail, Panic, Leave, Push(n),
/// Add(a, b), Ask, which calls a method of its caller, and Wait, which waits for a permit of `gate`.
pub(crate) struct TestService {
    pub(crate) tokens: Mutex<BTreeSet<String>>,
    /// The number of authentications that may still succeed.
    pub(crate) authentications_left: AtomicUsize,
    pub(crate) gate: Semaphore,
    pub(crate) greeting: Option<Value>,
    /// True if `connected` never returns.
    pub(crate) stuck: bool,
    pub(crate) connections: watch::Sender<Vec<HubConnection>>,
    pub(crate) log: watch::Sender<Vec<String>>,
    pub(crate) seen_authorization: Mutex<bool>,
    pub(crate) key: NegotiationKey,
    /// The seconds by which the hub's clock has jumped.
    pub(crate) clock_jump: AtomicI64,
}

impl TestService {
    pub(crate) fn new() -> Self {
        Self {
            tokens: Mutex::new(BTreeSet::from(["good".to_owned(), "other".to_owned()])),
            authentications_left: AtomicUsize::new(usize::MAX),
            gate: Semaphore::new(0),
            greeting: None,
            stuck: false,
            connections: watch::Sender::new(Vec::new()),
            log: watch::Sender::new(Vec::new()),
            seen_authorization: Mutex::new(false),
            key: NegotiationKey::new([7; 32]),
            clock_jump: AtomicI64::new(0),
        }
    }

    fn note(&self, line: impl Into<String>) {
        self.log.send_modify(|log| log.push(line.into()));
    }

    /// Waits for the n-th connection (from 1).
    pub(crate) async fn connection(&self, n: usize) -> HubConnection {
        let mut connections = self.connections.subscribe();
        connections.wait_for(|connections| connections.len() >= n).await.unwrap()[n - 1].clone()
    }

    pub(crate) async fn logged(&self, line: &str) {
        self.log.subscribe().wait_for(|log| log.iter().any(|logged| logged == line)).await.unwrap();
    }
}

impl HubService for TestService {
    type Identity = String;

    async fn authenticate(&self, credentials: Credentials) -> Result<String, AuthRejection> {
        if credentials.headers.contains_key("authorization") {
            *self.seen_authorization.lock().unwrap() = true;
        }
        let token = credentials.token.ok_or(AuthRejection::Unauthorized)?.expose_secret().to_owned();
        let left = self.authentications_left.load(Ordering::SeqCst);
        if left == 0 || !self.tokens.lock().unwrap().contains(&token) {
            return Err(AuthRejection::Unauthorized);
        }
        self.authentications_left.store(left - 1, Ordering::SeqCst);
        Ok(token)
    }

    async fn negotiation_key(&self) -> Result<NegotiationKey, AuthRejection> {
        Ok(self.key.clone())
    }

    async fn connected(&self, caller: &Caller<String>) {
        self.note("connected");
        if self.stuck {
            std::future::pending::<()>().await;
        }
        if let Some(greeting) = &self.greeting {
            caller.connection.send("Greet", vec![greeting.clone()]).unwrap();
        }
        self.connections.send_modify(|connections| connections.push(caller.connection.clone()));
    }

    async fn invoke(&self, caller: &Caller<String>, target: &str, arguments: Vec<Value>) -> Result<Value, HubError> {
        self.note(format!("{target}{arguments:?}"));
        match target {
            _ if target_matches(target, "Echo") => Ok(arguments.into()),
            "Void" => Ok(Value::Null),
            "Fail" => Err(HubError::Refused("already_connected: castle".to_owned())),
            "Panic" => panic!("planted"),
            "Leave" => {
                caller.connection.close(Some("token_revoked: bye".to_owned()), false);
                Err(HubError::Refused("leaving".to_owned()))
            }
            "Push" => {
                let count = arguments[0].as_u64().ok_or(HubError::InvalidArguments)?;
                for n in 0..count {
                    caller.connection.send("Pushed", vec![n.into()]).map_err(|_| HubError::Internal)?;
                }
                Ok(Value::Null)
            }
            "Add" => {
                let (a, b): (i64, i64) = read(arguments)?;
                Ok((a + b).into())
            }
            "Ask" => {
                let answer = caller.connection.invoke("Question", arguments, TEST_TIMEOUT).await;
                answer.map_err(|error| HubError::Refused(error.to_string()))
            }
            "Wait" => {
                self.gate.acquire().await.unwrap().forget();
                self.note("waited");
                Ok(json!("waited"))
            }
            _ => Err(HubError::UnknownMethod),
        }
    }

    async fn disconnected(&self, _: &Caller<String>) {
        self.note("disconnected");
    }
}

/// A hub with a service, mounted at `/hubs/agent`.
pub(crate) fn hub(service: TestService, options: HubOptions) -> (Hub<TestService>, Arc<TestService>, Router) {
    let service = Arc::new(service);
    let counter = AtomicU8::new(0);
    let random = Arc::new(move |bytes: &mut [u8]| bytes.fill(counter.fetch_add(1, Ordering::SeqCst)));
    let (start, clocked) = (Instant::now(), Arc::clone(&service));
    let clock = Arc::new(move || {
        let jump = Duration::from_secs(START.saturating_add_signed(clocked.clock_jump.load(Ordering::SeqCst)));
        jump + start.elapsed()
    });
    let hub = Hub::new(Arc::clone(&service), options, random, clock);
    let router = Router::new().nest("/hubs/agent", hub.router());
    (hub, service, router)
}
