//! The delivery rules: one command's life at the agent and at the store.
//!
//! This crate is pure. It has no runtime, no SQL, no clock and no random source: the caller passes the time and all
//! facts, and gets values back to store and to send. `docs/reference/protocol.md` states the rules by number; the code
//! and its tests cite those numbers.
//!
//! - [`job`]: a command at the agent, from its delivery to its closing report.
//! - [`command`]: the same command at the store, from its first offer to the report that closes it.
//! - [`decide`]: runs a command now, makes it wait for its player, or refuses it ([`policy`]).
//! - [`answer`]: the meaning of the game's answer to a line.
//! - [`marker`] and [`game_clock`]: evidence for a line whose answer was lost.
//! - [`OnlinePlayers`], [`parse_list`], [`free_slots`], [`parse_living_test`], [`parse_log_line`]: readers of the
//!   game's own texts.
//!
//! # Example
//!
//! An agent receives a command, sends its line, and loses the answer. The game's marker proves that the line ran, and
//! the store closes the command.
//!
//! ```
//! use flux_delivery::command::{CommandState, CommandStatus, Offer};
//! use flux_delivery::job::{Evidence, Job, OnUncertain};
//! use flux_delivery::marker::Marker;
//! use flux_protocol::JournalId;
//! use jiff::Timestamp;
//!
//! let now = Timestamp::UNIX_EPOCH;
//! let journal: JournalId = "journal_1".parse()?;
//!
//! // The store offers the command, and commits that it did before the message leaves.
//! let stored = CommandState::default();
//! assert_eq!(stored.offer_to(&journal, now), Some(Offer::Deliver { redelivered: false }));
//! let stored = stored.mark_offered_to(&journal);
//!
//! // The agent writes it into its journal, runs it, and loses the answer.
//! let job = Job::receive_delivery(None, stored.attempt, false).job();
//! let job = job.started().answer_lost();
//!
//! // Sending the line again could give the player a second reward, so the agent queries the marker instead.
//! let evidence = Evidence::Marker { marker: Marker::Present { succeeded: true }, same_run: true };
//! let job = job.settled(evidence, OnUncertain::Hold);
//!
//! let effect = stored.apply_report(job.attempt, job.report_state(), &journal, now);
//! assert_eq!(effect.state.status, CommandStatus::Completed);
//! # Ok::<(), flux_protocol::InvalidId>(())
//! ```

pub mod answer;
pub mod command;
mod command_line;
mod decision;
pub mod game_clock;
mod game_log;
mod inventory;
pub mod job;
mod limits;
mod living_test;
pub mod marker;
mod online_players;
mod player_list;
mod player_name;
pub mod policy;
mod template;
mod uuid;

pub use command_line::{CommandLine, LINE_BYTES};
pub use decision::{Decision, Refusal, RunConditions, build_line, decide};
pub use game_log::{GameLog, LogEvent, LogHint, LogLine, parse_log_line};
pub use inventory::{free_slots, inventory_line};
pub use living_test::{living_test_line, parse_living_test};
pub use online_players::{OnlinePlayer, OnlinePlayers};
pub use player_list::parse_list;
pub use player_name::{PLAYER_NAME_CHARS, PlayerName};
pub use template::fill;
pub use uuid::Uuid;
