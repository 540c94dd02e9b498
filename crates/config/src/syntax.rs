//! A syntax error in words for somebody who edits a config, not for somebody who knows the YAML grammar.

use serde_saphyr::granit_parser::{ErrorKind, Marker, ScanError};

use crate::{
    error::{Location, Mistake},
    limits,
};

/// The parser's error as a mistake of the file. No text of the document is in it.
pub(crate) fn explain(error: &ScanError, text: &str) -> Mistake {
    let stumbled = location(error.marker());
    let tab = if is_tab(error.kind()) { indenting_tab(text, stumbled) } else { None };
    mistake(tab.unwrap_or(stumbled), words(error.kind()))
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
        kind if is_tab(kind) => "there is a tab; indent with spaces",
        E::InvalidIndentation
        | E::InvalidBlockScalarIndent
        | E::InvalidFlowScalarIndent
        | E::ExpectedBlockMappingKey
        | E::ExpectedBlockSequenceEntry
        | E::ExpectedDocumentStart => {
            "this does not fit in here; all keys of a section begin in the same column, one in each line"
        }
        E::SimpleKeyExpected | E::InvalidSimpleKey => "a key needs a colon and a space after it, as in key: value",
        E::MappingValueNotAllowed | E::MappingKeyNotAllowed => {
            "a second colon in one line, or the line is indented too far; a value with \": \" in it needs quotes"
        }
        E::UnclosedQuotedScalar | E::DocumentIndicatorInQuotedScalar | E::InvalidQuotedScalarIndent => {
            "a quote is opened here or above and not closed"
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
        | E::InvalidColonPlacement => "a bracket is opened here or above and not closed, or a comma is missing",
        E::MismatchedFlowCollectionEnd { .. } => "the bracket that opens here is closed by one of another kind",
        E::MisplacedFlowCollectionEnd => "a bracket is closed that is not open",
        E::UnexpectedCharacter { .. } | E::PlainScalarStartsWithDashFlowIndicator | E::MissingAnchorOrAliasName => {
            "a value that begins with this character needs quotes"
        }
        E::RecursionLimitExceeded => return format!("is nested too deeply; allowed: {} levels", limits::DEPTH),
        // The remaining kinds are the grammar's dark corners; the parser's own words for them are fixed texts.
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

/// The first tab that indents a line, at or below the place where the parser stumbled over it.
fn indenting_tab(text: &str, stumbled: Location) -> Option<Location> {
    text.lines().enumerate().skip(stumbled.line.saturating_sub(1)).find_map(|(index, line)| {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        line[spaces..].starts_with('\t').then_some(Location { line: index + 1, column: spaces + 1 })
    })
}
