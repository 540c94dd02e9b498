//! SignalR for Rust: the JSON hub protocol over WebSockets, negotiate version 1.
//!
//! - [`codec`]: records to messages and back. Pure: no I/O, no clock.
//! - `client` (feature `client`): a client that never gives up, on hyper and tokio-tungstenite.
//! - `hub` (feature `hub`): a hub as an axum router.
//!
//! Left out on purpose: MessagePack, Server-Sent Events, long polling, streaming, stateful reconnect.

pub mod codec;

#[cfg(any(feature = "client", feature = "hub"))]
mod calls;
#[cfg(any(feature = "client", feature = "hub"))]
mod text;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "hub")]
pub mod hub;
