//! The section `players`: players' names.

use flux_config::Section;

/// `players`: players' names.
#[derive(Debug, Clone)]
pub struct Players {
    /// `bedrock_prefix`: Floodgate's prefix of a Bedrock player's name; empty for none.
    pub bedrock_prefix: String,
}

pub(super) fn read(mut section: Section<'_>) -> Players {
    let bedrock_prefix = section
        .parsed("bedrock_prefix", "one of . * + - or \"\" for none", |text| match text {
            "" | "." | "*" | "+" | "-" => Ok(text.to_owned()),
            _ => Err("is not a prefix that a name in a command can have"),
        })
        .unwrap_or_else(|| ".".into());
    section.finish();
    Players { bedrock_prefix }
}
