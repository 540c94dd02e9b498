//! Tests over real sockets and in-memory pipes: the client against the hub, each against a scripted peer, and both with
//! a paused clock where seconds matter. `/// Checklist N.` cites an item of `docs/spec/signalr-checklist.md`.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helpers fail by panicking")]

mod checklist;
mod client_boundaries;
mod client_calls;
mod client_connects;
mod client_faults;
mod client_floods;
mod client_retries;
mod codec;
mod end_to_end;
mod harness;
mod hub_boundaries;
mod hub_calls;
mod hub_http;
mod hub_limits;
mod hub_socket;
mod no_secrets_in_logs;
mod raw_client;
mod scripted_server;
mod test_service;
mod tls;
mod wire_faults;
