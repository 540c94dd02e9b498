//! The differences between the portable text of statements and PostgreSQL's. Everything else is the same text for both engines.

/// Portable text, and what PostgreSQL is given in its place.
pub(super) const DIFFERENCES: [(&str, &str); 3] = [
    // A list of texts as one parameter, which is a text.
    ("json_each($1)", "json_array_elements_text(CAST(CAST($1 AS TEXT) AS json)) AS each (value)"),
    // The column is text, and only SQLite reads it as JSON without a cast.
    ("data ->> 'to'", "CAST(data AS json) ->> 'to'"),
    ("data -> 'about'", "CAST(data AS json) -> 'about'"),
];

/// SQLite's hint, which an engine without it leaves out together with the index's name.
pub(super) const INDEX_HINT: &str = "INDEXED BY";

/// A statement in PostgreSQL's text, on one line.
pub(super) fn to_postgres(sql: &str) -> String {
    let mut words = sql.split_whitespace();
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        if word == "INDEXED" {
            words.nth(1);
        } else {
            kept.push(word);
        }
    }
    DIFFERENCES.iter().fold(kept.join(" "), |sql, (portable, postgres)| sql.replace(portable, postgres))
}

#[test]
fn hints_and_differences_are_replaced() {
    let portable = "UPDATE events INDEXED BY some_index SET data = '{}'\n  WHERE lower(data ->> 'to') = lower($1)";
    let postgres = "UPDATE events SET data = '{}' WHERE lower(CAST(data AS json) ->> 'to') = lower($1)";
    assert_eq!(to_postgres(portable), postgres);
}
