//! The sections `players` and `policy`.

use flux_config::Section;
use flux_delivery::policy::{Glob, Policy};

const DENIED: &[&str] = &[
    "op",
    "deop",
    "stop",
    "restart",
    "reload",
    "ban*",
    "pardon*",
    "whitelist",
    "save-*",
    "sudo",
    "esudo",
    "eban*",
    "tempban*",
    "unban*",
    "schedule",
    "function",
    "datapack",
    "debug",
];

/// `players`: players' names.
#[derive(Debug, Clone)]
pub struct Players {
    /// `bedrock_prefix`: Floodgate's prefix of a Bedrock player's name; empty for none.
    pub bedrock_prefix: String,
}

pub(super) fn players(mut section: Section<'_>) -> Players {
    let bedrock_prefix = section
        .parsed("bedrock_prefix", "one of . * + - or \"\" for none", |text| match text {
            "" | "." | "*" | "+" | "-" => Ok(text.to_owned()),
            _ => Err("is not a prefix that a name in a command can have"),
        })
        .unwrap_or_else(|| ".".into());
    section.finish();
    Players { bedrock_prefix }
}

pub(super) fn policy(mut section: Section<'_>) -> Policy {
    let mut globs = |key: &'static str, default: &[&str]| {
        let texts = section.strings(key, default);
        let mut globs = Vec::with_capacity(texts.len());
        for text in &texts {
            match Glob::new(&text.value) {
                Ok(glob) => globs.push(glob),
                Err(problem) => section.report_at(
                    text,
                    &format!("{problem}; a pattern is a command such as op, or with * and ?, such as give *"),
                ),
            }
        }
        globs
    };
    let policy = Policy { allow: globs("allow", &[]), deny: globs("deny", DENIED) };
    section.finish();
    policy
}
