//! Both engines' schemas compared: tables, columns, keys and indexes.

use super::dialect::to_postgres;
use super::sources::on_one_line;
use super::{SCHEMA, with_schema};
use crate::test_app::TestApp;
use flux_storage::{Error, Tx, params};
use std::collections::BTreeSet;

const SQLITE: &str = include_str!("../../../../crates/storage/src/sqlite/migrations/0001_initial.sql");

/// Tables that only SQLite has.
const ONLY_SQLITE: [&str; 1] = [
    // A row while a process serves the file. A server has no such file: its clients come and go.
    "unclean_shutdown",
];

/// Columns with truth values: SQLite stores them as 0 or 1, and PostgreSQL has a type that conditions need.
const TRUTHS: [&str; 13] = [
    "agent_policies.is_strict",
    "customers.mistyped_code",
    "orders.imported",
    "commands.is_reversal",
    "commands.require_online",
    "commands.cancel_requested",
    "referral_program.configured",
    "referral_attributions.registration_rewarded",
    "referral_grants.auto_apply",
    "referral_held_commands.require_online",
    "referral_held_commands.cancelled",
    "referral_orders.imported",
    "referral_orders.is_purchase",
];

/// Every column in SQLite's schema, with the type that PostgreSQL has for it: `table.column type null|set default key`.
async fn sqlite_columns() -> BTreeSet<String> {
    let read = |tx: &Tx<'_>| {
        let sql = "SELECT t.name || '.' || c.name AS name, c.type AS type, c.\"notnull\" OR c.pk > 0 AS is_set,
                     coalesce(c.dflt_value, '') AS preset, c.pk AS key
                   FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c
                   WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%'";
        tx.query(sql, params![], |row| {
            let (name, kind): (String, String) = (row.get("name")?, row.get("type")?);
            let is_truth = TRUTHS.contains(&name.as_str());
            let kind = match kind.as_str() {
                "INTEGER" if is_truth => "boolean",
                "INTEGER" => "bigint",
                "TEXT" => "text",
                "BLOB" => "bytea",
                _ => return Err(Error::BadRow("type")),
            };
            let preset: String = row.get("preset")?;
            let preset = if is_truth { preset.replace('0', "false") } else { preset };
            let is_set = if row.get("is_set")? { "set" } else { "null" };
            Ok(format!("{name} {kind} {is_set} default={preset} key={}", row.get::<i64>("key")?))
        })
    };
    let columns = TestApp::new().await.state.db.read(read).await.expect("the columns");
    let is_in = |column: &String, tables: &[&str]| tables.iter().any(|table| column.starts_with(&format!("{table}.")));
    assert!(columns.iter().any(|column| is_in(column, &ONLY_SQLITE)), "an exception that is none");
    columns.into_iter().filter(|column| !is_in(column, &ONLY_SQLITE)).collect()
}

const POSTGRES_COLUMNS: &str = "
  SELECT c.table_name || '.' || c.column_name || ' ' || c.data_type || CASE c.is_nullable WHEN 'NO' THEN ' set' ELSE ' null' END
    || ' default=' || coalesce(c.column_default, '') || ' key=' || coalesce(k.ordinal_position, 0)
  FROM information_schema.columns AS c
  LEFT JOIN (information_schema.key_column_usage AS k JOIN information_schema.table_constraints AS t
      ON t.constraint_name = k.constraint_name AND t.table_schema = k.table_schema AND t.constraint_type = 'PRIMARY KEY')
    ON k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.column_name = c.column_name
  WHERE c.table_schema = 'public'";

#[tokio::test]
async fn both_engines_have_the_same_columns_and_keys() {
    let sqlite = sqlite_columns().await;
    let postgres = with_schema();
    let found: BTreeSet<String> = postgres.rows(POSTGRES_COLUMNS).into_iter().collect();
    assert_eq!(found.difference(&sqlite).collect::<Vec<_>>(), [] as [&String; 0], "only in PostgreSQL");
    assert_eq!(sqlite.difference(&found).collect::<Vec<_>>(), [] as [&String; 0], "only in SQLite");
    let by_language = "SELECT table_name, column_name FROM information_schema.columns
                       WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'";
    assert_eq!(postgres.rows(by_language), [] as [String; 0], "these texts are not compared byte by byte");
}

/// The parts of a schema that both write in the same words: indexes, and constraints of columns and tables.
fn constraints(schema: &str) -> BTreeSet<String> {
    let code: Vec<&str> = schema.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut found = BTreeSet::new();
    for statement in code.split(';').map(on_one_line) {
        if let Some(table) = statement.strip_prefix("CREATE TABLE ") {
            let (name, columns) = table.split_once(' ').expect("a table has columns");
            found.extend(table_constraints(name, columns).into_iter().filter(|_| !ONLY_SQLITE.contains(&name)));
        } else if statement.starts_with("CREATE ") {
            found.insert(to_postgres(&statement));
        }
    }
    found
}

fn table_constraints(table: &str, columns: &str) -> Vec<String> {
    let columns = columns.trim_start_matches('(');
    let words = ["REFERENCES", "CHECK", "UNIQUE"];
    // A comma within parentheses separates no columns.
    let mut depth = 0;
    let parts = columns.split(|letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        letter == ',' && depth == 0
    });
    let constraint = |part: &str| {
        let part = part.trim();
        let at = words.iter().filter_map(|word| part.find(word)).min()?;
        let column = part.split(' ').next().filter(|_| at > 0).unwrap_or_default();
        let end = part[at..].split(") STRICT").next()?.trim_end_matches(')');
        Some(format!("{table}.{column}: {}", end.trim()))
    };
    parts.filter_map(constraint).collect()
}

#[test]
fn both_engines_have_the_same_indexes_and_constraints() {
    let (sqlite, postgres) = (constraints(SQLITE), constraints(SCHEMA));
    assert!(sqlite.len() > 60, "{sqlite:?}");
    assert_eq!(postgres.difference(&sqlite).collect::<Vec<_>>(), [] as [&String; 0], "only in PostgreSQL");
    assert_eq!(sqlite.difference(&postgres).collect::<Vec<_>>(), [] as [&String; 0], "only in SQLite");
}
