//! A transaction, whatever the engine: statements in one portable text, parameters `$1`, `$2`, …, rows read by name.
//!
//! `INDEXED BY …` in a statement is a hint for SQLite; an engine that does not know it leaves it out.

use crate::sqlite::session::Session;
use crate::{Error, Param, Row, Value};
use std::ops::ControlFlow;

/// A transaction. Everything done with it is committed as a whole, or not at all.
pub struct Tx<'a> {
    engine: Session<'a>,
}

impl<'a> Tx<'a> {
    /// A transaction that an engine has begun.
    pub(crate) fn new(engine: Session<'a>) -> Tx<'a> {
        Tx { engine }
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
        self.engine.each(sql, params, |row| {
            found.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
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

    /// Whether a statement gives any row. Write `SELECT 1 FROM … LIMIT 1`.
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
        self.engine.execute(sql, params)
    }

    /// Runs one statement for each of many rows; the number of rows that it wrote in all.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn execute_many<'r, const N: usize>(
        &self,
        sql: &str,
        rows: impl IntoIterator<Item = [Value<'r>; N]>,
    ) -> Result<usize, Error> {
        self.engine.execute_many(sql, rows)
    }
}
