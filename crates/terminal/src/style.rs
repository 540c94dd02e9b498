//! Colours, where they mean something. They are removed on the way out unless stdout is a terminal that shows colours, and
//! with `NO_COLOR`.

use anstyle::{AnsiColor, Style};

/// The meaning of a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Works.
    Good,
    /// Look at it.
    Warning,
    /// Does not work.
    Bad,
    /// A heading.
    Heading,
}

/// Wraps a text in the colour of its meaning.
#[must_use]
pub fn paint(tone: Tone, text: &str) -> String {
    let style = match tone {
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::Warning => AnsiColor::Yellow.on_default(),
        Tone::Bad => AnsiColor::Red.on_default().bold(),
        Tone::Heading => Style::new().bold(),
    };
    format!("{style}{text}{style:#}")
}

/// The sequences that [`paint`] writes.
const SEQUENCES: [&str; 5] = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m"];

/// The bytes of one of our colours at the start of a text.
pub(crate) fn length_of_style(text: &str) -> Option<usize> {
    SEQUENCES.iter().find(|sequence| text.starts_with(**sequence)).map(|sequence| sequence.len())
}

/// A text without its colours.
#[must_use]
pub fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
