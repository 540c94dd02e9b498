use flux_config::{ConfigError, Document};
use std::path::{Path, PathBuf};

/// The file that `store.token_file` names, read from the config whatever else is wrong with it: it is asked for when there is no token yet.
pub fn token_file(config: &Path) -> Result<Option<PathBuf>, ConfigError> {
    let file = flux_config::load(config)?;
    let document = Document::parse(&file);
    Ok(document.root().section("store").path("token_file"))
}
