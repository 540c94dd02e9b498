//! The control port: lets another process control the game. One line in, one line of JSON out; loopback only, as it has no password.
//!
//! | line | answer |
//! | --- | --- |
//! | `join NAME`, `leave NAME`, `die NAME`, `respawn NAME`, `clear NAME` | `{"ok":true}` |
//! | `online` | `["Steve"]` |
//! | `inventory NAME` | `{"diamond":5}` |
//! | `effects` | `{"total":1,"effects":[{"line":"give Steve diamond 5","players":["Steve"]}]}` |
//! | `lines` | `["list","give Steve diamond 5"]` |
//! | `total`, `received` | `1`: lines that took effect, lines that were received |
//! | `until N` | `N`, once so many lines have taken effect |
//! | `ticks` | `1200`: the game's clock |
//! | `fault KIND [TIMES [TEXT]]` | `{"ok":true}`; KIND is `lose-reply`, `close`, `garbage` or `delay=MILLISECONDS`, TEXT is what the line contains |
//! | `chat NAME TEXT`, `log TEXT`, `rotate` | `{"ok":true}`; what `latest.log` then has in it |
//! | `save`, `restart [rollback\|rollback-marks]` | `{"ok":true}`; nobody is online after a restart, and all connections are broken |
//! | anything wrong | `{"error":"…"}` |

mod client;
mod request;
mod server;

pub use client::ask;
pub use server::{bind, serve};

/// The longest line of a request, in bytes.
pub const MAX_REQUEST_BYTES: u64 = 4096;
/// The longest answer, in bytes.
pub const MAX_ANSWER_BYTES: u64 = 64 * 1024 * 1024;
/// Control connections at once; further ones are closed.
pub const MAX_CONNECTIONS: usize = 16;
