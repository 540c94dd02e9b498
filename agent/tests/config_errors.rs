//! Every error of a config, with the text that the admin reads: `config/NAME.yml` and `config/NAME.txt`. `UPDATE_GOLDEN=1` rewrites the texts;
//! review the difference.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use flux_agent::config::{Config, Directories, SCHEMA, SecretSources};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const TOKEN: &str = "srv_abcdefghij12.0123456789abcdefghijABCDEFGHIJxy";
const SECRET: &str = "planted-secret";

/// A folder with valid and invalid secret files.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, content: &[u8], mode| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    file("token", TOKEN.as_bytes(), 0o600);
    file("password", SECRET.as_bytes(), 0o600);
    file("world", SECRET.as_bytes(), 0o644);
    file("wrong", SECRET.as_bytes(), 0o600);
    file("empty", b"\n", 0o600);
    file("binary", b"\xff\xfe", 0o600);
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    folder
}

/// The errors as printed, without the folder.
fn errors_of(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    match Config::load(&path, &SecretSources::default(), &Directories::default()) {
        Ok(_) => panic!("{name} is accepted"),
        Err(error) => error.to_string().replace(&format!("{}/", folder.display()), "") + "\n",
    }
}

fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "yml"));
    files.sort();
    files
}

#[test]
fn broken_configs_give_their_golden_errors_and_no_secret() {
    let (folder, files) = (folder(), corpus());
    assert!(files.len() >= 80, "{}", files.len());
    let mut wrong = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let actual = errors_of(folder.path(), name, &std::fs::read_to_string(&path).unwrap());
        assert!(!actual.contains(SECRET), "{actual}");
        let golden = path.with_extension("txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&golden, &actual).unwrap();
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        if actual != expected {
            wrong.push(format!("{name}\n--- expected\n{expected}--- actual\n{actual}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn errors_are_sorted_by_position() {
    for path in corpus() {
        let text = std::fs::read_to_string(path.with_extension("txt")).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let place = |line: &str| -> (usize, usize) {
            let rest = line.strip_prefix(name).unwrap_or_else(|| panic!("{name}: {line}"));
            let mut parts = rest.split(':').skip(1).map(str::parse);
            (parts.next().unwrap().unwrap(), parts.next().unwrap().unwrap())
        };
        let places: Vec<_> = text.lines().map(place).collect();
        assert!(places.is_sorted(), "{text}");
    }
}

/// The keys of each section, from the loader's error about an unknown key, which lists the known ones.
fn known_to_the_loader() -> BTreeMap<String, BTreeSet<String>> {
    let sections =
        ["store", "rcon", "presence", "players", "policy", "delivery", "journal", "polling", "log", "metrics"];
    let mut text = "qqqqqqqqqqqqqqqq: 1\n".to_owned();
    for section in sections {
        text += &format!("{section}:\n  qqqqqqqqqqqqqqqq: 1\n");
    }
    let actual = errors_of(folder().path(), "keys.yml", &text);
    let keys = |line: &str| line.split_once("known: ").map(|(_, keys)| keys.split(", ").map(str::to_owned).collect());
    let section = |line: &str| {
        let path = line.split(':').nth(3).unwrap().trim().to_owned();
        path.split_once('.').map(|(section, _)| section.to_owned()).unwrap_or_default()
    };
    actual.lines().filter_map(|line| Some((section(line), keys(line)?))).collect()
}

#[test]
fn schema_has_exactly_the_loaders_keys() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let keys = |node: &Value| -> BTreeSet<String> { node["properties"].as_object().unwrap().keys().cloned().collect() };
    let mut in_schema = BTreeMap::from([(String::new(), keys(&schema))]);
    for (name, node) in schema["properties"].as_object().unwrap() {
        if node["type"] == "object" {
            assert_eq!(node["additionalProperties"], false, "{name}");
            in_schema.insert(name.clone(), keys(node));
        }
    }
    assert_eq!(in_schema, known_to_the_loader());
}

#[test]
fn example_shows_every_key_with_the_default_of_the_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let example = flux_agent::config::example();
    for (section, keys) in known_to_the_loader() {
        for key in keys {
            let node = if section.is_empty() {
                &schema["properties"][&key]
            } else {
                &schema["properties"][&section]["properties"][&key]
            };
            let inline_secret = matches!(key.as_str(), "token" | "password");
            assert!(inline_secret || example.contains(&format!("{key}:")), "{section}.{key} stands in the example");
            if let Some(default) = node["default"].as_str().filter(|default| !default.is_empty()) {
                let quoted = format!("{key}: \"{default}\"");
                assert!(
                    example.contains(&format!("{key}: {default}")) || example.contains(&quoted),
                    "{section}.{key}: {default}"
                );
            }
        }
    }
}
