//! The example config is valid and shows the defaults.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use flux_agent::config::{Config, Directories, SecretSources};
use std::path::Path;

const TOKEN: &str = "srv_abcdefghij12.0123456789abcdefghijABCDEFGHIJxy";

/// Loads a config without secret files; the secrets come from the environment.
fn load(text: &str) -> Config {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("config.yml");
    std::fs::write(&path, text).unwrap();
    let environment = [("FLUX_AGENT_TOKEN", TOKEN), ("FLUX_AGENT_RCON_PASSWORD", "secret")];
    let sources = SecretSources::new(None, environment.map(|(key, value)| (key.to_owned(), value.to_owned())));
    let config = Config::load(&path, &sources, &Directories::default()).unwrap_or_else(|error| panic!("{error}"));
    Config { path: "config.yml".into(), ..config }
}

#[test]
fn example_config_loads_and_shows_the_defaults() {
    let example = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../config.example.yml")).unwrap();
    let without_files: String = example
        .lines()
        .filter(|line| !line.contains("_file: /etc/flux-agent/"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_ne!(without_files, example);
    let example = format!("{:#?}", load(&without_files));
    let defaults = format!("{:#?}", load("store:\n  url: https://store.example.com\n"));
    assert_eq!(example, defaults);
    assert!(!example.contains("0123456789abcdef"), "no secret in Debug");
}

#[test]
fn example_config_is_generated_from_the_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config.example.yml");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, flux_agent::config::example()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), flux_agent::config::example());
}
