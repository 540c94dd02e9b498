//! Prints tables that fit a terminal.

use crate::limits::TABLE_COLUMNS;

/// Formats rows under headings. A column is as wide as its widest cell; the last column is truncated so that a line fits a terminal.
pub(super) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let headings = headings.map(str::to_owned);
    let lines = std::iter::once(&headings).chain(rows).map(|row| line(row, &widths));
    lines.collect::<Vec<_>>().join("\n")
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (at, (cell, width)) in row.iter().zip(widths).enumerate() {
        if at + 1 == row.len() {
            line += &fit_to_width(cell, TABLE_COLUMNS.saturating_sub(line.chars().count()));
        } else {
            line += &format!("{cell:<width$}  ");
        }
    }
    line.trim_end().to_owned()
}

/// Truncates a text to `width` characters and escapes control characters, which texts of players and the game may contain.
pub(super) fn fit_to_width(text: &str, width: usize) -> String {
    let text: String =
        text.chars().flat_map(|c| if c.is_control() { c.escape_debug().collect() } else { vec![c] }).collect();
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
    fn columns_line_up_and_the_last_is_truncated() {
        let rows = [["cmd_1".to_owned(), "x".repeat(200)], ["cmd_22".to_owned(), "give\u{1b}[2J".to_owned()]];
        let text = table(["ID", "COMMAND"], &rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "ID      COMMAND");
        assert!(lines[1].starts_with("cmd_1   xxx") && lines[1].ends_with("x…"));
        assert_eq!(lines[1].chars().count(), TABLE_COLUMNS);
        assert_eq!(lines[2], "cmd_22  give\\u{1b}[2J");
    }
}
