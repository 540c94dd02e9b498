//! Statements on one SQLite connection: prepared once, kept, and bound by the numbers in their `$n`.

use crate::{Error, Param, Row, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection};
use std::ops::ControlFlow;

/// A connection with an open transaction.
#[derive(Clone, Copy)]
pub(crate) struct Session<'a> {
    connection: &'a Connection,
}

impl<'a> Session<'a> {
    /// The transaction that is open on this connection.
    pub(crate) fn new(connection: &'a Connection) -> Session<'a> {
        Session { connection }
    }

    /// Gives each row of a statement to `read`, until it breaks.
    pub(crate) fn each(
        self,
        sql: &str,
        params: &[&dyn Param],
        mut read: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        let mut statement = self.prepare(sql)?;
        Parameters::of(&statement, params.len())?.bind(&mut statement, params)?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            if read(&Row::new(SqliteRow { row, columns: &columns }))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Runs a statement; the number of rows that it wrote.
    pub(crate) fn execute(self, sql: &str, params: &[&dyn Param]) -> Result<usize, Error> {
        let mut statement = self.prepare(sql)?;
        Parameters::of(&statement, params.len())?.bind(&mut statement, params)?;
        Ok(statement.raw_execute()?)
    }

    /// Runs a statement once for each row of parameters; the number of rows that it wrote in all.
    pub(crate) fn execute_many<'r, const N: usize>(
        self,
        sql: &str,
        rows: impl IntoIterator<Item = [Value<'r>; N]>,
    ) -> Result<usize, Error> {
        let mut statement = self.prepare(sql)?;
        let parameters = Parameters::of(&statement, N)?;
        let mut written = 0;
        for row in rows {
            parameters.bind(&mut statement, &row.each_ref().map(|value| value as &dyn Param))?;
            written += statement.raw_execute()?;
        }
        Ok(written)
    }

    /// Runs a closure and undoes everything that it wrote.
    pub(crate) fn undone(self, work: impl FnOnce()) -> Result<(), Error> {
        self.connection.execute_batch("SAVEPOINT undone")?;
        work();
        Ok(self.connection.execute_batch("ROLLBACK TO undone; RELEASE undone")?)
    }

    fn prepare(self, sql: &str) -> Result<CachedStatement<'a>, Error> {
        Ok(self.connection.prepare_cached(sql)?)
    }
}

/// The place of each parameter's value. `$2` is a named parameter to SQLite, which numbers those by their first appearance:
/// each is bound by the number in its name.
struct Parameters(Vec<usize>);

impl Parameters {
    /// The parameters of a statement that is given this number of values.
    fn of(statement: &CachedStatement<'_>, values: usize) -> Result<Parameters, Error> {
        let place = |index: usize| {
            let number = match statement.parameter_name(index) {
                Some(name) => name.get(1..).and_then(|digits| digits.parse().ok()).unwrap_or(0),
                None => index,
            };
            number.checked_sub(1).filter(|place| *place < values)
        };
        let places: Option<Vec<usize>> = (1..=statement.parameter_count()).map(place).collect();
        let places = places.ok_or(Error::Statement("it has a parameter that no value was given for"))?;
        if places.iter().max().map_or(0, |last| last + 1) < values {
            return Err(Error::Statement("it was given more values than it has parameters"));
        }
        Ok(Parameters(places))
    }

    fn bind(&self, statement: &mut CachedStatement<'_>, values: &[&dyn Param]) -> Result<(), Error> {
        for (place, index) in self.0.iter().zip(1..) {
            let value = values.get(*place).map_or(Value::Null, |value| value.value());
            statement.raw_bind_parameter(index, to_sqlite(value))?;
        }
        Ok(())
    }
}

fn to_sqlite(value: Value<'_>) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match value {
        Value::Null => ValueRef::Null,
        Value::Bool(truth) => ValueRef::Integer(truth.into()),
        Value::Integer(number) => ValueRef::Integer(number),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Bytes(bytes) => ValueRef::Blob(bytes),
    })
}

/// A row that SQLite has found.
pub(crate) struct SqliteRow<'a> {
    row: &'a rusqlite::Row<'a>,
    /// The names of its columns, read once for all rows: SQLite finds a column by its name far more slowly.
    columns: &'a [String],
}

impl SqliteRow<'_> {
    /// The value of the column with this name; `None` where there is no such column, or it is of a type that is not used.
    pub(crate) fn value(&self, column: &str) -> Option<Value<'_>> {
        let index = self.columns.iter().position(|name| name == column)?;
        Some(match self.row.get_ref(index).ok()? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Text(text) => Value::Text(str::from_utf8(text).ok()?),
            ValueRef::Blob(bytes) => Value::Bytes(bytes),
            ValueRef::Real(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Session;
    use crate::{Error, Tx, Value, params};
    use flux_platform::SystemEntropy;
    use jiff::Timestamp;
    use rusqlite::Connection;

    fn table() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (a INTEGER, b TEXT, c BLOB)").unwrap();
        connection
    }

    #[test]
    fn parameters_are_bound_by_number_in_any_order() {
        let connection = table();
        let tx = Tx::new(Session::new(&connection), Timestamp::UNIX_EPOCH, &SystemEntropy, None);
        assert_eq!(
            tx.execute("INSERT INTO t (b, a, c) VALUES ($2, $1, $3)", params![7i64, "seven", [7u8]]).unwrap(),
            1
        );
        let sql = "SELECT a, b, c FROM t WHERE b = $2 AND (a = $1 OR $1 IS NULL)";
        let read = |row: &crate::Row<'_>| {
            Ok((row.get::<i64>("a")?, row.get::<String>("b")?, row.get::<Option<Vec<u8>>>("c")?))
        };
        let found = tx.one(sql, params![None::<i64>, "seven"], read).unwrap();
        assert_eq!(found, Some((7, "seven".to_owned(), Some(vec![7]))));
        assert!(!tx.exists(sql, params![8i64, "seven"]).unwrap());
    }

    #[test]
    fn too_few_and_too_many_values_are_refused() {
        let connection = table();
        let tx = Tx::new(Session::new(&connection), Timestamp::UNIX_EPOCH, &SystemEntropy, None);
        let sql = "SELECT 1 FROM t WHERE a = $1";
        assert!(matches!(tx.exists(sql, params![]), Err(Error::Statement(_))));
        assert!(matches!(tx.exists(sql, params![1i64, 2i64]), Err(Error::Statement(_))));
    }

    #[test]
    fn one_statement_writes_many_rows() {
        let connection = table();
        let tx = Tx::new(Session::new(&connection), Timestamp::UNIX_EPOCH, &SystemEntropy, None);
        let rows =
            ["x", "y", "z"].into_iter().zip(0..).map(|(text, number)| [Value::Integer(number), Value::Text(text)]);
        assert_eq!(tx.execute_many("INSERT INTO t (a, b) VALUES ($1, $2)", rows).unwrap(), 3);
        let read = |row: &crate::Row<'_>| row.get::<String>("b");
        assert_eq!(tx.query("SELECT b FROM t ORDER BY a DESC", params![], read).unwrap(), ["z", "y", "x"]);
    }

    #[test]
    fn a_column_of_another_type_is_a_bad_row() {
        let connection = table();
        let tx = Tx::new(Session::new(&connection), Timestamp::UNIX_EPOCH, &SystemEntropy, None);
        tx.execute("INSERT INTO t (a, b) VALUES ($1, $2)", params![-1i64, "text"]).unwrap();
        for column in ["a", "c", "nothing"] {
            let found = tx.only("SELECT * FROM t", params![], |row| row.get::<u32>(column));
            assert!(matches!(found, Err(Error::BadRow(name)) if name == column), "{column}");
        }
    }
}
