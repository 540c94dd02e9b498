//! The document as a tree of located nodes.
//!
//! It is built from the parser's events and not through serde, because serde's data model turns `007` into 7 and gives
//! up at the first mistake; here a scalar keeps its text, and what it should be is the reader's question.
//!
//! Anchors, aliases and tags are not read: a config needs none, nothing can then grow when expanded, and most of them
//! are a password that begins with `&`, `*` or `!` and lacks its quotes. They are nodes of their own kind, so that the
//! key's reader can say so.

use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput};

use crate::{
    error::{Location, Mistake},
    limits,
    syntax::{self, mistake},
};

/// A value and where it begins.
pub(crate) struct Node {
    pub(crate) location: Location,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    /// Nothing after the colon, `~` or `null`.
    Null,
    /// A scalar: its text, whatever it looks like.
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// A value with an anchor (`&`), an alias (`*`) or a tag (`!`).
    Special(char),
}

/// A key of a map, where it begins, and its value. Keys may repeat.
pub(crate) struct Entry {
    /// `None` for what does not look like a key, and is therefore not to be printed.
    pub(crate) key: Option<String>,
    pub(crate) location: Location,
    pub(crate) value: Node,
}

impl Kind {
    /// What is wrong with this kind of value where another one belongs.
    pub(crate) fn complaint(&self) -> String {
        match self {
            Self::Null => "has no value".to_owned(),
            Self::Text(_) => "is a single value".to_owned(),
            Self::List(_) => "is a list".to_owned(),
            Self::Map(_) => "is a map".to_owned(),
            Self::Special(sign) => format!("begins with {sign}, which needs quotes around the value"),
        }
    }
}

/// Reads the one document in `text`; an empty one is null.
pub(crate) fn parse(text: &str) -> Result<Node, Mistake> {
    if text.len() as u64 > limits::DOCUMENT_BYTES {
        return Err(mistake(Location::START, format!("is larger than {} bytes", limits::DOCUMENT_BYTES)));
    }
    let mut options = Options::default();
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = limits::DEPTH;
    options.block_nesting_limit = limits::DEPTH;
    options.set_emit_comments(false);
    Builder { text, parser: Parser::new_from_str_with_options(text, options) }.document()
}

struct Builder<'t> {
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
}

impl<'t> Builder<'t> {
    fn document(mut self) -> Result<Node, Mistake> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if root.is_some() => {
                    let message = "a second document begins here; a config is one document";
                    return Err(mistake(start(span), message.to_owned()));
                }
                Event::DocumentStart(..) => {
                    let (event, span) = self.next()?;
                    root = Some(self.node(event, span)?);
                }
                _ => return Err(mistake(start(span), "is not valid YAML".to_owned())),
            }
        }
        Ok(root.unwrap_or(Node { location: Location::START, kind: Kind::Null }))
    }

    /// The node that begins with `event`. Recursion ends at the parser's nesting limits.
    fn node(&mut self, event: Event<'t>, span: Span) -> Result<Node, Mistake> {
        let location = start(span);
        let (kind, anchor, is_tagged) = match event {
            Event::Scalar(text, style, anchor, tag) => (scalar(&text, style), anchor, tag.is_some()),
            Event::SequenceStart(_, anchor, tag) => (self.list()?, anchor, tag.is_some()),
            Event::MappingStart(_, anchor, tag) => (self.map()?, anchor, tag.is_some()),
            Event::Alias(_) | Event::UnresolvedAlias(_) => (Kind::Special('*'), 0, false),
            _ => return Err(mistake(location, "is not valid YAML".to_owned())),
        };
        let kind = match (anchor, is_tagged) {
            (_, true) => Kind::Special('!'),
            (0, false) => kind,
            (_, false) => Kind::Special('&'),
        };
        Ok(Node { location, kind })
    }

    fn list(&mut self) -> Result<Kind, Mistake> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Kind::List(items)),
                (event, span) => items.push(self.node(event, span)?),
            }
        }
    }

    fn map(&mut self) -> Result<Kind, Mistake> {
        let mut entries = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Kind::Map(entries)),
                (event, span) => self.node(event, span)?,
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span)?;
            entries.push(Entry { key: printable_key(key.kind), location: key.location, value });
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Mistake> {
        match self.parser.next() {
            Some(result) => result.map_err(|error| syntax::explain(&error, self.text)),
            None => Err(mistake(Location::START, "ends too early".to_owned())),
        }
    }
}

/// YAML 1.2's core schema (10.3.2) has these spellings of null; in quotes they are text.
fn scalar(text: &str, style: ScalarStyle) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" if style == ScalarStyle::Plain => Kind::Null,
        _ => Kind::Text(text.to_owned()),
    }
}

/// The key when it looks like one. `{token hunter2}` is a key to YAML, and a secret to its owner.
fn printable_key(kind: Kind) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match kind {
        Kind::Text(text) if text.len() <= limits::KEY_CHARS && text.chars().all(is_plain) => Some(text),
        _ => None,
    }
}

fn start(span: Span) -> Location {
    syntax::location(&span.start)
}
