//! The section `policy`: the commands that the store may run.

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

pub(super) fn read(mut section: Section<'_>) -> Policy {
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
