//! Every error of `companion.yml`, with the text that the admin reads: `tests/config/NAME.yml` and `NAME.txt`. `UPDATE_GOLDEN=1` rewrites
//! the texts; review the difference.

use flux_companion::config::Config;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SECRET: &str = "planted-secret-of-thirty-two-characters";

/// A folder with valid and invalid secret files.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let file = |name: &str, content: &[u8], mode| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("set");
    };
    file("secret", SECRET.as_bytes(), 0o600);
    file("world", SECRET.as_bytes(), 0o644);
    file("short", &SECRET.as_bytes()[..31], 0o600);
    file("empty", b"\n", 0o600);
    file("binary", b"\xff\xfe", 0o600);
    std::fs::create_dir(folder.path().join("folder")).expect("made");
    folder
}

fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config");
    let entries = std::fs::read_dir(folder).expect("the corpus").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "yml")).collect();
    files.sort();
    files
}

/// The printed errors, without the folder.
fn told(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("set");
    match Config::load(&path) {
        Ok(_) => panic!("{name} is taken"),
        Err(error) => error.to_string().replace(&format!("{}/", folder.display()), "") + "\n",
    }
}

#[test]
fn every_broken_config_matches_its_golden_text() {
    let (folder, files) = (folder(), corpus());
    assert!(files.len() >= 80, "{}", files.len());
    let mut wrong = Vec::new();
    for path in files {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let told = told(folder.path(), &name, &std::fs::read_to_string(&path).expect("a file"));
        assert!(!told.contains(&SECRET[..14]), "{told}");
        let place = |line: &str| -> Vec<usize> {
            let rest = line.strip_prefix(&*name).unwrap_or_else(|| panic!("{name}: {line}"));
            rest.split(':').skip(1).take(2).map(|number| number.parse().expect("a place")).collect()
        };
        let places: Vec<_> = told.lines().map(place).collect();
        assert!(places.is_sorted(), "{told}");
        let golden = path.with_extension("txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&golden, &told).expect("written");
        }
        if std::fs::read_to_string(&golden).unwrap_or_default() != told {
            wrong.push(format!("{name}\n{told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
