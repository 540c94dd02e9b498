//! What agent and store say to each other, version 1: `docs/reference/protocol.md` in types.
//!
//! Pure: shapes, their checks and their JSON. JSON is camelCase, times are RFC 3339, unknown fields are ignored, optional
//! fields may be absent or `null`, and an unknown enum value spoils its item alone, never its [`Batch`].

mod batch;
mod command;
mod derived;
mod ids;
pub mod limits;
mod report;
mod rest;
mod session;
mod token;

pub use batch::{BadItem, Batch};
pub use command::{Attempt, Command, CommandKind, PlayerRef, Revocation};
pub use derived::derived_command_id;
pub use ids::{CommandId, InvalidId, JournalId, OrderId, ServerId};
pub use report::{CommandReport, FailReason, ReportState, WaitReason};
pub use rest::{JoinedAnswer, PollAnswer, ReportsAnswer, ReportsReply, ReportsRequest};
pub use session::{Acknowledged, AgentHello, ErrorCode, GameState, GameStatus, ServerWelcome, method};
pub use token::{InvalidToken, SecretHash, ServerToken};

/// The version of this contract, sent in `Hello` and its answer.
pub const PROTOCOL_VERSION: u32 = 1;

/// The header that carries the journal's id on negotiate and on every REST call.
pub const JOURNAL_HEADER: &str = "flux-journal";
