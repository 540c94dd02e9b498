//! Tables and labelled lines that use the terminal's width. In a pipe nothing is cut or wrapped.

use crate::escape::escape;
use crate::limits::MIN_WRAP_COLUMNS;
use crate::style::{Tone, paint, plain};
use rustix::termios::tcgetwinsize;
use std::io::{self, IsTerminal};

/// The columns of the terminal on stdout; `None` in a pipe or a file.
#[must_use]
pub fn terminal_width() -> Option<usize> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    tcgetwinsize(&stdout).ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// Formats rows under headings. A column is as wide as its widest cell; the last column is cut so that a line fits `width`.
#[must_use]
pub fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]], width: Option<usize>) -> String {
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| escape(cell))).collect();
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let headings = paint(Tone::Heading, &line(&headings.map(str::to_owned), &widths, width));
    let rows = rows.iter().map(|row| line(row, &widths, width));
    std::iter::once(headings).chain(rows).collect::<Vec<_>>().join("\n")
}

fn line(row: &[String], widths: &[usize], limit: Option<usize>) -> String {
    let mut line = String::new();
    for (at, (cell, width)) in row.iter().zip(widths).enumerate() {
        if at + 1 == row.len() {
            let rest = limit.map_or(usize::MAX, |limit| limit.saturating_sub(line.chars().count()));
            line += &fit_to_width(cell, rest);
        } else {
            line += &format!("{cell:<width$}  ");
        }
    }
    line.trim_end().to_owned()
}

/// A label of `columns` columns and a text, which is wrapped at words to `width` with a hanging indent.
#[must_use]
pub fn labelled(label: &str, columns: usize, text: &str, width: Option<usize>) -> String {
    let label = format!("{label:<columns$} ");
    let Some(width) = width.map(|width| width.max(MIN_WRAP_COLUMNS)) else {
        return format!("{label}{text}").trim_end().to_owned();
    };
    let indent = " ".repeat(columns + 1);
    let room = width.saturating_sub(columns + 1).max(1);
    let lines: Vec<String> = text.lines().flat_map(|line| wrap(line, room)).collect();
    format!("{label}{}", lines.join(&format!("\n{indent}"))).trim_end().to_owned()
}

/// Breaks a line at blanks; a word that is too long is broken anywhere.
fn wrap(line: &str, room: usize) -> Vec<String> {
    let (mut lines, mut current) = (Vec::new(), String::new());
    for word in line.split(' ') {
        let mut word = word.to_owned();
        let needed = columns(&current) + usize::from(!current.is_empty()) + columns(&word);
        if !current.is_empty() && needed > room {
            lines.push(std::mem::take(&mut current));
        }
        while columns(&word) > room {
            let rest = word.split_off(word.char_indices().nth(room).map_or(word.len(), |(at, _)| at));
            lines.push(std::mem::replace(&mut word, rest));
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current += &word;
    }
    lines.push(current);
    lines
}

/// The columns that a text takes, without its colours.
fn columns(text: &str) -> usize {
    plain(text).chars().count()
}

/// Truncates a text to `width` characters and escapes it.
#[must_use]
pub fn fit_to_width(text: &str, width: usize) -> String {
    let text = escape(text);
    if text.chars().count() <= width {
        return text;
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_the_last_is_cut_at_the_width() {
        let rows = [["cmd_1".to_owned(), "x".repeat(200)], ["cmd_22".to_owned(), "give\u{1b}[2J".to_owned()]];
        let lines = |width| {
            let text = table(["ID", "COMMAND"], &rows, width);
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let on_terminal = lines(Some(120));
        assert!(on_terminal[0].contains("ID      COMMAND"), "{on_terminal:?}");
        assert!(on_terminal[1].starts_with("cmd_1   xxx") && on_terminal[1].ends_with("x…"));
        assert_eq!(on_terminal[1].chars().count(), 120);
        assert_eq!(on_terminal[2], "cmd_22  give\\u{1b}[2J");
        assert!(lines(None)[1].ends_with("xx"), "nothing is cut in a pipe");
    }

    #[test]
    fn text_is_wrapped_at_words_under_itself() {
        let text = labelled("line", 8, "give Steve diamond 5 and then some more words", Some(40));
        assert_eq!(text, "line     give Steve diamond 5 and then\n         some more words");
        assert_eq!(labelled("line", 8, &"x".repeat(40), Some(40)).lines().count(), 2);
        assert_eq!(labelled("line", 8, "a b", None), "line     a b");
    }
}
