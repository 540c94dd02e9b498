//! The YAML loader shared by both programs: every mistake at once, with file, line, column and key.
//!
//! ```text
//! /etc/flux-agent/config.yml:7:12: rcon.timeout: has no unit; allowed: a duration from 1s to 2m (units: ms, s, m, h, d)
//! ```
//!
//! [`load`] reads the file, [`Document::parse`] makes a tree of it, a [`Section`] reads one map of that tree key by key,
//! and [`Document::finish`] hands over the config or all that is wrong with it:
//!
//! ```
//! use flux_config::{ConfigFile, Document};
//! # let file = ConfigFile { path: "config.yml".into(), text: "rcon: {port: 25575}".into(), mode: 0o600 };
//! let document = Document::parse(&file);
//! let mut root = document.root();
//! let mut rcon = root.section("rcon");
//! let address = rcon.text("address");
//! let port = rcon.integer("port", 1..=u16::MAX, 25575);
//! rcon.finish();
//! root.finish();
//! let config = document.finish(Some((address, port)))?;
//! # assert_eq!(config, (None, 25575));
//! # Ok::<(), flux_config::ConfigErrors>(())
//! ```
//!
//! Read every key first and put the config together afterwards: a `?` between two keys would leave the later ones
//! unread, and so reported as unknown.
//!
//! **No error quotes a value of the document** (the path of a secret's file excepted), so none can hold a secret; the line
//! and the column say where to look. Keys are named only when they look like one: of `{token hunter2}`, which lacks its
//! colon, nothing is repeated.

mod document;
mod duration;
mod error;
mod example;
mod file;
mod limits;
mod secret;
mod section;
mod suggest;
mod syntax;
mod tree;
mod values;

pub use document::Document;
pub use duration::{DurationError, format_duration, parse_duration};
pub use error::{ConfigError, ConfigErrors, FileError};
pub use example::example;
pub use file::{ConfigFile, load};
pub use secret::{Secret, SecretKeys, SecretOrigin, SecretSources};
pub use section::{Located, Section};
