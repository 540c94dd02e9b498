//! The output of both programs, so that they look and behave alike: results, tables and colours on a terminal, log events,
//! shell completions and manual pages.

mod documents;
mod duration;
mod escape;
mod limits;
pub mod log;
mod output;
mod secrets;
mod short_id;
mod style;
mod table;
mod time;

pub use documents::{completions, manual_page};
pub use duration::{ago, short_duration};
pub use escape::{escape, escape_json, escape_lines};
pub use output::{fail, note, print, print_json, print_over};
pub use secrets::{mask_from_now_on, masked};
pub use short_id::short_ids;
pub use style::{Tone, paint, plain};
pub use table::{fit_to_width, labelled, table, terminal_width};
pub use time::LocalTime;
