use super::{CliError, keys};
use crate::config::Config;
use flux_shop::{Label, Role};
use flux_storage::Db;

/// The name of the first key.
const FIRST_KEY: &str = "admin";

/// Creates the database and its first key.
pub(super) fn run(config: &Config) -> Result<(), CliError> {
    Db::create(&config.database)?;
    eprintln!("made {}; the admin key below is shown this once:", config.database.display());
    let name: Label = FIRST_KEY.parse().map_err(|_| CliError::Internal)?;
    keys::add(config, name, Role::Admin)
}
