//! The contract between agent and store, version 1, as types: the messages of `docs/reference/protocol.md`.
//!
//! This crate has no behaviour beyond checking and JSON. JSON is camelCase and times are RFC 3339. Unknown fields are
//! ignored, and optional fields may be absent or `null`. An item with an unknown enum value is unreadable, but does not
//! make the rest of its [`Batch`] unreadable.
//!
//! # Example
//!
//! A store sends `Deliver`, and the agent answers with a report. The second command has a kind that this version does not
//! know.
//!
//! ```
//! use flux_protocol::{Batch, Command, CommandReport, ReportState};
//!
//! let deliver = r#"[
//!   {"id": "cmd_1", "attempt": 1, "kind": "purchase", "player": {"name": "Steve"},
//!    "command": "give {player} diamond", "requireOnline": true, "sequence": 7},
//!   {"id": "cmd_2", "attempt": 1, "kind": "gift", "command": "say hi", "requireOnline": false, "sequence": 8}
//! ]"#;
//! let batch: Batch<Command> = serde_json::from_str(deliver)?;
//! assert_eq!(batch.items.len(), 1);
//! assert_eq!(batch.bad[0].id.as_deref(), Some("cmd_2"));
//!
//! let command = &batch.items[0];
//! let report = CommandReport {
//!     id: command.id.clone(),
//!     attempt: command.attempt,
//!     state: ReportState::Delivered,
//!     output: None,
//!     at: "2026-11-22T10:00:00Z".parse().unwrap(),
//! };
//! assert_eq!(
//!     serde_json::to_string(&report)?,
//!     r#"{"id":"cmd_1","attempt":1,"status":"delivered","at":"2026-11-22T10:00:00Z"}"#
//! );
//! # Ok::<(), serde_json::Error>(())
//! ```

mod batch;
mod command;
mod derived;
mod hint;
mod ids;
pub mod limits;
mod policy;
mod reason;
mod report;
mod rest;
mod session;
pub mod template;
mod token;

pub use batch::{BadItem, Batch};
pub use command::{Attempt, Command, CommandKind, PlayerRef, Revocation};
pub use derived::derived_command_id;
pub use hint::Hint;
pub use ids::{CommandId, InvalidId, JournalId, OrderId, ServerId};
pub use policy::{PolicyMode, PolicyNotice, SampleTemplate, TemplatesResponse};
pub use reason::{FailReason, UnknownReason, WaitReason};
pub use report::{CommandReport, InvalidReportState, ReportState, Settled};
pub use rest::{ParsedPollResponse, ParsedReportsResponse, PollResponse, ReportsRequest, ReportsResponse};
pub use session::{AgentHello, ErrorCode, GameState, GameStatus, ParsedWelcome, ReportAck, ServerWelcome, method};
pub use token::{InvalidToken, SecretHash, ServerToken};

/// The version of the contract, which both sides send in `Hello` and its answer.
pub const PROTOCOL_VERSION: u32 = 1;

/// The HTTP header with the journal's id, on negotiate and on every REST call.
pub const JOURNAL_HEADER: &str = "flux-journal";
