use flux_config::{ConfigError, Document};
use std::path::{Path, PathBuf};

/// The path in `store.token_file`. Other mistakes in the config are ignored, since a config without a token is not valid yet.
pub fn token_file(config: &Path) -> Result<Option<PathBuf>, ConfigError> {
    let file = flux_config::load(config)?;
    let document = Document::parse(&file);
    Ok(document.root().section("store").path("token_file"))
}
