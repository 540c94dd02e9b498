//! Explains YAML syntax errors to someone who edits a config and does not know the YAML grammar.

use serde_saphyr::granit_parser::{ErrorKind, Marker, ScanError};

use crate::{
    error::{Location, Mistake},
    limits,
};

/// Turns an error of the parser into a mistake that repeats no text of the document.
pub(crate) fn explain(error: &ScanError, text: &str) -> Mistake {
    let found = location(error.marker());
    let tab = if is_tab(error.kind()) { indenting_tab(text, found) } else { None };
    mistake(tab.unwrap_or(found), words(error.kind()))
}

/// A mistake that belongs to no key.
pub(crate) fn mistake(location: Location, message: String) -> Mistake {
    Mistake { location, key: String::new(), message }
}

/// The parser counts columns from 0.
pub(crate) fn location(marker: &Marker) -> Location {
    Location { line: marker.line(), column: marker.col() + 1 }
}

fn words(kind: &ErrorKind) -> String {
    use ErrorKind as E;
    let words = match kind {
        kind if is_tab(kind) => "there is a tab here; indent with spaces",
        E::InvalidIndentation
        | E::InvalidBlockScalarIndent
        | E::InvalidFlowScalarIndent
        | E::ExpectedBlockMappingKey
        | E::ExpectedBlockSequenceEntry
        | E::ExpectedDocumentStart => {
            "this does not fit here; start all keys of a section in the same column, one per line"
        }
        E::SimpleKeyExpected | E::InvalidSimpleKey => "a key needs a colon and a space after it, as in key: value",
        E::MappingValueNotAllowed | E::MappingKeyNotAllowed => {
            "a second colon in one line, or the line is indented too far; a value with \": \" in it needs quotes"
        }
        E::UnclosedQuotedScalar | E::DocumentIndicatorInQuotedScalar | E::InvalidQuotedScalarIndent => {
            "a quote that is opened here or above is not closed"
        }
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => {
            "there is text after the closing quote"
        }
        E::UnknownQuotedScalarEscape | E::InvalidQuotedScalarHexEscape => {
            "an unknown \\ sequence in double quotes; write \\\\, or use single quotes"
        }
        E::UnclosedFlowCollection { .. }
        | E::ExpectedFlowMappingSeparator
        | E::ExpectedFlowSequenceSeparator
        | E::UnexpectedEofFlowSequence
        | E::UnexpectedEofFlowMapping
        | E::InvalidColonPlacement => "a bracket that is opened here or above is not closed, or a comma is missing",
        E::MismatchedFlowCollectionEnd { .. } => "the bracket that opens here is closed by a bracket of another kind",
        E::MisplacedFlowCollectionEnd => "there is a closing bracket without an opening one",
        E::UnexpectedCharacter { .. } | E::PlainScalarStartsWithDashFlowIndicator | E::MissingAnchorOrAliasName => {
            "a value that begins with this character needs quotes"
        }
        E::RecursionLimitExceeded => return format!("is nested too deeply; allowed: {} levels", limits::DEPTH),
        // The remaining kinds are rare; the parser's texts for them are constant.
        other => return format!("is not valid YAML: {other}"),
    };
    words.to_owned()
}

fn is_tab(kind: &ErrorKind) -> bool {
    use ErrorKind as E;
    matches!(
        kind,
        E::TabNotAllowed
            | E::TabInBlockIndentation
            | E::TabInIndentation
            | E::TabAtBlockScalarStart
            | E::TabInPlainScalar
    )
}

/// The first tab that indents a line, at or below the place of the parser's error.
fn indenting_tab(text: &str, found: Location) -> Option<Location> {
    text.lines().enumerate().skip(found.line.saturating_sub(1)).find_map(|(index, line)| {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        line[spaces..].starts_with('\t').then_some(Location { line: index + 1, column: spaces + 1 })
    })
}
