//! The YAML loader of both programs: it reports every mistake of a config file at once, with file, line, column and key.
//!
//! ```text
//! /etc/flux-agent/config.yml:7:12: rcon.timeout: has no unit; allowed: a duration from 1s to 2m (units: ms, s, m, h, d)
//! ```
//!
//! It is not a serde format: serde stops at the first mistake and turns `007` into 7. It knows no config of its own; each
//! program reads its keys and checks what belongs together.
//!
//! # Example
//!
//! [`load`] reads a file, [`Document::parse`] parses it, a [`Section`] reads one map key by key, and [`Document::finish`]
//! returns the config or all mistakes:
//!
//! ```
//! use flux_config::{ConfigFile, Document};
//!
//! let file = ConfigFile { path: "config.yml".into(), text: "rcon: {prot: 25576}".into(), mode: 0o600 };
//! let document = Document::parse(&file);
//! let mut root = document.root();
//! let mut rcon = root.section("rcon");
//! let address = rcon.text("address");
//! let port = rcon.integer("port", 1..=u16::MAX, 25575);
//! rcon.finish();
//! root.finish();
//! let error = document.finish(Some((address, port))).unwrap_err();
//! assert_eq!(error.to_string(), "config.yml:1:8: rcon.prot: unknown key; did you mean port?");
//! ```
//!
//! Read every key first and build the config afterwards: a `?` between two keys would leave the later ones unread, and
//! they would be reported as unknown.
//!
//! # Secrets
//!
//! [`Section::secret`] reads a secret from the config, a file, a systemd credential or the environment. **No error quotes
//! a value of the document**, except the path of a secret's file, so no error can contain a secret. Keys are quoted only if
//! they look like keys: of `{token hunter2}`, which lacks its colon, nothing is repeated.
//!
//! Config and secret files must be regular files that nobody but root and the program's user may write: [`Access`].
//!
//! The crate has no feature flags.

mod access;
mod document;
mod duration;
mod error;
mod example;
pub mod exit_code;
mod file;
mod limits;
mod secret;
mod secret_text;
mod section;
mod suggest;
mod syntax;
mod tree;
mod values;

pub use access::{Access, Exposure, User};
pub use document::Document;
pub use duration::{DurationError, format_duration, parse_duration};
pub use error::{ConfigError, ConfigErrors, FileError};
pub use example::example;
pub use file::{ConfigFile, load};
pub use secret::{Secret, SecretKeys, SecretOrigin, SecretSources};
pub use secret_text::{SecretError, SecretLine, SecretReport, read_secret};
pub use section::{Located, Section};
