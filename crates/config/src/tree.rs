//! The document as a tree of located nodes.
//!
//! It is built from the parser's events and not with serde, which would turn `007` into 7 and stop at the first mistake.
//! Here a scalar keeps its text, and the reader of the key decides about its type.
//!
//! Anchors, aliases and tags are not supported: a config needs none, nothing can grow when expanded, and most of them are
//! a password without quotes that begins with `&`, `*` or `!`. They have a node kind of their own, so that the reader of
//! the key can report them.

use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput};

use crate::{
    error::{Location, Mistake},
    limits,
    syntax::{self, mistake},
};

/// A value and its place.
pub(crate) struct Node {
    pub(crate) location: Location,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    /// Nothing after the colon, `~` or `null`.
    Null,
    /// A scalar, as its text.
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// A value with an anchor (`&`), an alias (`*`) or a tag (`!`).
    Special(char),
}

/// A key of a map with its place and its value. Keys may repeat.
pub(crate) struct Entry {
    /// `None` if it does not look like a key and must not be printed.
    pub(crate) key: Option<String>,
    pub(crate) location: Location,
    pub(crate) value: Node,
}

impl Kind {
    /// The mistake if a value of this kind is given instead of another kind.
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

/// Parses the single document in `text`; an empty document is null.
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
                    let message = "a second document begins here; a config must be one document";
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

    /// Builds the node that begins with `event`. The parser's nesting limits bound the recursion.
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

/// Recognizes the spellings of null in YAML 1.2's core schema (10.3.2); in quotes they are text.
fn scalar(text: &str, style: ScalarStyle) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" if style == ScalarStyle::Plain => Kind::Null,
        _ => Kind::Text(text.to_owned()),
    }
}

/// The key, if it looks like one. To YAML `{token hunter2}` is a key; to its owner it contains a secret.
fn printable_key(kind: Kind) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match kind {
        Kind::Text(text) if text.len() <= limits::KEY_BYTES && text.chars().all(is_plain) => Some(text),
        _ => None,
    }
}

fn start(span: Span) -> Location {
    syntax::location(&span.start)
}
