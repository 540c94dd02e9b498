//! Bringing a file's schema up to date: the version check, and the steps.

use super::open::integrity;
use crate::Error;
use rusqlite::{Connection, TransactionBehavior};

/// The steps in order; `user_version` counts those that are done. A step that has been released is never edited.
pub(crate) const STEPS: &[&str] = &[include_str!("migrations/0001_initial.sql")];

/// Returns the number of steps that are done. Reads only, so that a refused file stays as it was.
///
/// # Errors
///
/// [`Error::Newer`] for a file of a newer program; [`Error::Damaged`] for another program's file, or for a file that needs
/// steps and fails the integrity check: a damaged file is not rewritten.
pub(crate) fn done(connection: &Connection, steps: &[&str]) -> Result<usize, Error> {
    let known = steps.len() as i64;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    // An agent's journal has a version too.
    let ours = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('servers', 'commands')";
    if count("SELECT count(*) FROM sqlite_schema")? > 0 && count(ours)? < 2 {
        return Err(Error::Damaged("it is another program's".to_owned()));
    }
    if found > known {
        return Err(Error::Newer { found, known });
    }
    let done = usize::try_from(found).map_err(|_| Error::Damaged("its version is negative".to_owned()))?;
    if done < steps.len() {
        integrity(connection)?;
    }
    Ok(done)
}

/// Runs the steps that are not done. Each is a transaction of its own with its version, so that a kill between two leaves a
/// whole file of an older version.
pub(crate) fn run(connection: &mut Connection, steps: &[&str], done: usize) -> Result<(), Error> {
    for (version, step) in steps.iter().enumerate().skip(done) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", version as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{STEPS, done, run};
    use crate::Error;
    use rusqlite::Connection;

    const FAKE: &str = "ALTER TABLE servers ADD COLUMN motd TEXT; UPDATE servers SET motd = 'hello';";

    fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<usize, Error> {
        let before = done(connection, steps)?;
        run(connection, steps, before)?;
        Ok(steps.len() - before)
    }

    #[test]
    fn a_later_step_runs_once_on_an_older_file() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert_eq!(migrate(&mut connection, STEPS).unwrap(), STEPS.len());
        connection
            .execute(
                "INSERT INTO servers (id, name, address, secret_hash, created_at) VALUES ('s', 's', 's', x'00', 0)",
                [],
            )
            .unwrap();
        let steps = [STEPS, &[FAKE]].concat();
        assert_eq!(migrate(&mut connection, &steps).unwrap(), 1);
        assert_eq!(migrate(&mut connection, &steps).unwrap(), 0);
        let motd: String = connection.query_row("SELECT motd FROM servers", [], |row| row.get(0)).unwrap();
        assert_eq!(motd, "hello");
        // The older program refuses the file now.
        let known = STEPS.len() as i64;
        assert!(matches!(done(&connection, STEPS), Err(Error::Newer { found, .. }) if found == known + 1));
    }

    #[test]
    fn a_step_that_fails_leaves_the_older_version() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, STEPS).unwrap();
        let steps = [STEPS, &["CREATE TABLE half (id TEXT); INSERT INTO nowhere VALUES (1);"]].concat();
        assert!(migrate(&mut connection, &steps).is_err());
        assert_eq!(done(&connection, STEPS).unwrap(), STEPS.len());
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'half'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 0);
    }

    #[test]
    fn a_file_of_another_program_is_refused() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE homes (x)").unwrap();
        assert!(matches!(done(&connection, STEPS), Err(Error::Damaged(_))));
        connection.pragma_update(None, "user_version", STEPS.len() as i64).unwrap();
        assert!(matches!(done(&connection, STEPS), Err(Error::Damaged(_))), "its version does not make it ours");
    }
}
