//! A transaction, whatever the engine: statements in one portable text, parameters `$1`, `$2`, …, rows read by name.
//!
//! `INDEXED BY …` in a statement is a hint for SQLite; an engine that does not know it leaves it out. The companion's tests have
//! PostgreSQL plan every statement.

use crate::sqlite::session::Session;
use crate::{Error, Param, Probe, Row, Value};
use flux_platform::Entropy;
use jiff::Timestamp;
use std::ops::ControlFlow;

/// A transaction. All its changes are committed, or none.
pub struct Tx<'a> {
    engine: Session<'a>,
    now: Timestamp,
    entropy: &'a dyn Entropy,
    probe: Option<&'a dyn Probe>,
}

impl<'a> Tx<'a> {
    /// A transaction that an engine has begun, at this time.
    pub(crate) fn new(
        engine: Session<'a>,
        now: Timestamp,
        entropy: &'a dyn Entropy,
        probe: Option<&'a dyn Probe>,
    ) -> Tx<'a> {
        // Whole milliseconds, as the columns keep them: what is written equals what is read again.
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        Tx { engine, now, entropy, probe }
    }

    /// The time of the transaction, the same throughout, in whole milliseconds.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The transaction's random numbers: the same ones if its closure runs again.
    pub fn entropy(&self) -> &'a dyn Entropy {
        self.entropy
    }

    /// All rows that a statement gives, each as `read` reads it.
    ///
    /// # Errors
    ///
    /// The database's, or the first that `read` returns.
    pub fn query<T>(
        &self,
        sql: &str,
        params: &[&dyn Param],
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        self.look(sql)?;
        self.engine.each(sql, params, |row| {
            found.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    /// Gives each row of a statement to `read`, until it breaks.
    ///
    /// # Errors
    ///
    /// The database's, or the first that `read` returns.
    pub fn each(
        &self,
        sql: &str,
        params: &[&dyn Param],
        read: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        self.look(sql)?;
        self.engine.each(sql, params, read)
    }

    /// The first row that a statement gives, if there is one.
    ///
    /// # Errors
    ///
    /// The database's, or the one that `read` returns.
    pub fn one<T>(
        &self,
        sql: &str,
        params: &[&dyn Param],
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut found = None;
        self.look(sql)?;
        self.engine.each(sql, params, |row| {
            found = Some(read(row)?);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    /// The row of a statement that always gives one, such as a count.
    ///
    /// # Errors
    ///
    /// The database's, the one that `read` returns, or [`Error::BadRow`] where there is no row after all.
    pub fn only<T>(
        &self,
        sql: &str,
        params: &[&dyn Param],
        read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.one(sql, params, read)?.ok_or(Error::BadRow("no row where there is always one"))
    }

    /// True if a statement gives any row. Write `SELECT 1 FROM … LIMIT 1`.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn exists(&self, sql: &str, params: &[&dyn Param]) -> Result<bool, Error> {
        Ok(self.one(sql, params, |_| Ok(()))?.is_some())
    }

    /// Runs a statement that gives no rows; the number of rows that it wrote.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn execute(&self, sql: &str, params: &[&dyn Param]) -> Result<usize, Error> {
        self.look(sql)?;
        self.engine.execute(sql, params)
    }

    /// Runs one statement for each of many rows, in one exchange with the database; the number of rows that it wrote in all.
    /// No rows cost nothing.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn execute_many<'r, const N: usize>(
        &self,
        sql: &str,
        rows: impl IntoIterator<Item = [Value<'r>; N]>,
    ) -> Result<usize, Error> {
        let mut rows = rows.into_iter().peekable();
        if rows.peek().is_none() {
            return Ok(0);
        }
        self.look(sql)?;
        self.engine.execute_many(sql, rows)
    }

    /// Runs one statement that gives one row, such as `INSERT … RETURNING`, for each of many rows of parameters, in one
    /// exchange with the database. The answers are in the order of the parameters.
    ///
    /// # Errors
    ///
    /// The database's, the first that `read` returns, or [`Error::BadRow`] where the statement gives no row.
    pub fn query_many<'r, T, const N: usize>(
        &self,
        sql: &str,
        rows: impl IntoIterator<Item = [Value<'r>; N]>,
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        let mut rows = rows.into_iter().peekable();
        if rows.peek().is_some() {
            self.look(sql)?;
        }
        for row in rows {
            let mut answer = None;
            self.engine.each(sql, &row.each_ref().map(|value| value as &dyn Param), |row| {
                answer = Some(read(row)?);
                Ok(ControlFlow::Continue(()))
            })?;
            found.push(answer.ok_or(Error::BadRow("no row where there is always one"))?);
        }
        Ok(found)
    }

    fn look(&self, sql: &str) -> Result<(), Error> {
        self.probe.map_or(Ok(()), |probe| probe.before(sql))
    }
}
