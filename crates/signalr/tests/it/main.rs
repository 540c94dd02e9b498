//! The crate over real sockets: our client against our hub, each against a scripted peer, and the clock under control
//! where seconds matter. The numbers in the names are those of the SignalR checklist that the crate was built to.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helpers fail by panicking")]

mod checklist;
mod client_boundaries;
mod client_calls;
mod client_connects;
mod client_faults;
mod client_retries;
mod codec;
mod hub_boundaries;
mod hub_calls;
mod hub_http;
mod hub_limits;
mod hub_socket;
mod net;
mod pair;
mod raw;
mod script;
mod secrets;
mod service;
mod tls;
mod wire;
