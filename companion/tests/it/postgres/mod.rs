//! PostgreSQL behind the storage seam: it has the same tables, and plans every statement that the services send. It shows that
//! the seam is portable; the companion itself has no PostgreSQL engine.

mod dialect;
mod referrals;
mod scenario;
mod schema;
mod server;
mod sources;
mod statements;

use dialect::{DIFFERENCES, INDEX_HINT, to_postgres};
use server::Postgres;
use statements::Statements;
use std::collections::BTreeSet;

const SCHEMA: &str = include_str!("../../../../crates/storage/src/postgres/schema.sql");

/// The types of parameters and columns that `flux_storage::Value` has. `integer` is the type of a literal number.
const TYPES: [&str; 5] = ["bigint", "boolean", "bytea", "integer", "text"];

/// A running PostgreSQL with the companion's schema.
fn with_schema() -> Postgres {
    let postgres = Postgres::start();
    postgres.run(&format!("\\set ON_ERROR_STOP 1\n{SCHEMA}"));
    postgres
}

#[tokio::test]
async fn postgres_plans_every_statement_of_the_sources() {
    let statements = Statements::default();
    scenario::play(&statements).await;
    referrals::play(&statements).await;
    let statements = statements.all();

    for portable in DIFFERENCES.iter().map(|(portable, _)| *portable).chain([INDEX_HINT]) {
        assert!(statements.iter().any(|sql| sql.contains(portable)), "no statement needs the difference {portable}");
    }
    let refused = refused(&with_schema(), &statements);
    assert!(refused.is_empty(), "PostgreSQL refuses these:\n{}", refused.join("\n"));
    let missing: Vec<_> =
        sources::pieces().into_iter().filter(|piece| !statements.iter().any(|sql| piece.is_in(sql))).collect();
    let missing: Vec<_> = missing.iter().map(|piece| format!("{}: {}", piece.file, piece.text)).collect();
    assert!(missing.is_empty(), "no scenario sends these:\n{}", missing.join("\n"));
}

/// The statements that PostgreSQL does not plan, or whose parameters or columns have types that no value has, each with the
/// reason.
fn refused(postgres: &Postgres, statements: &BTreeSet<String>) -> Vec<String> {
    let mut script = "SET plan_cache_mode = force_generic_plan;\n".to_owned();
    for (number, sql) in statements.iter().enumerate() {
        let sql = to_postgres(sql);
        let count = (1..=99).rev().find(|number| sql.contains(&format!("${number}"))).unwrap_or(0);
        let nulls = if count == 0 { String::new() } else { format!("({})", vec!["NULL"; count].join(", ")) };
        script.push_str(&format!("\\echo == {number}\n{sql}\\gdesc\n\\echo error :SQLSTATE :LAST_ERROR_MESSAGE\n"));
        script.push_str(&format!("PREPARE s{number} AS {sql};\n\\echo error :SQLSTATE :LAST_ERROR_MESSAGE\n"));
        script.push_str(&format!("\\o /dev/null\nEXPLAIN EXECUTE s{number}{nulls};\n\\o\n"));
        script.push_str("\\echo error :SQLSTATE :LAST_ERROR_MESSAGE\n");
        script.push_str("SELECT '$n|' || unnest(parameter_types) FROM pg_prepared_statements;\nDEALLOCATE ALL;\n");
    }
    let output = postgres.run(&script);
    let answers: Vec<&str> = output.split("== ").skip(1).collect();
    assert_eq!(answers.len(), statements.len(), "each statement has an answer");
    statements.iter().zip(answers).filter_map(|(sql, answer)| Some(format!("{}\n  {sql}", reason(answer)?))).collect()
}

/// The reason why PostgreSQL does not take a statement.
fn reason(answer: &str) -> Option<String> {
    let mut lines = answer.lines();
    let error = lines.clone().find_map(|line| line.strip_prefix("error ").filter(|error| !error.starts_with("00000")));
    let is_other = |line: &&str| line.rsplit_once('|').is_some_and(|(_, kind)| !TYPES.contains(&kind));
    error.or_else(|| lines.find(is_other)).map(str::to_owned)
}
