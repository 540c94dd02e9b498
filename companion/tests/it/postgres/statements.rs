//! [`Statements`]: every statement that services send, collected over the scenarios.

use super::sources::on_one_line;
use crate::test_app::TestApp;
use flux_storage::{Db, Error, Probe, Tx};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// The statements of all databases that have this probe, each once, on one line.
#[derive(Clone, Default)]
pub(super) struct Statements(Arc<Mutex<BTreeSet<String>>>);

impl Probe for Statements {
    fn before(&self, sql: &str) -> Result<(), Error> {
        self.0.lock().expect("not poisoned").insert(on_one_line(sql));
        Ok(())
    }
}

impl Statements {
    /// A companion with a new database, whose statements are collected.
    pub(super) async fn app(&self) -> TestApp {
        let db = Db::in_memory().expect("a database").with_probe(Arc::new(self.clone()));
        TestApp::once(db, "").await
    }

    pub(super) fn all(&self) -> BTreeSet<String> {
        self.0.lock().expect("not poisoned").clone()
    }
}

/// Runs a closure in a transaction of the app's database.
pub(super) async fn write<R: Send + 'static>(
    app: &TestApp,
    work: impl Fn(&Tx<'_>) -> Result<R, Error> + Send + 'static,
) -> R {
    app.state.db.write(work).await.expect("written")
}
