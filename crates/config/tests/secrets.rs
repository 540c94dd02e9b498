//! The sources of secrets, the refused ones, and that no error or debug output contains one.

#![expect(clippy::expect_used, reason = "a test's helpers fail the test")]

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use flux_config::exit_code::ExitCode;
use flux_config::{ConfigErrors, ConfigFile, Document, Secret, SecretKeys, SecretOrigin, SecretSources, load};
use rustix::fs::{CWD, Mode, mkfifoat};
use secrecy::ExposeSecret;
use tempfile::TempDir;

const PLANTED: &str = "hunter2";
const KEYS: SecretKeys =
    SecretKeys { inline: "token", file: "token_file", credential: "token", environment: "FLUX_AGENT_TOKEN" };

/// A directory for config and secret files, and the sources of the process.
struct Host {
    folder: TempDir,
    config_mode: u32,
    sources: SecretSources,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, config_mode: 0o640, sources: SecretSources::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(self, name: &str, content: impl AsRef<[u8]>, mode: u32) -> Self {
        write(&self.path(name), content.as_ref(), mode);
        self
    }

    fn given(mut self, credential: Option<&str>, variable: Option<&str>) -> Self {
        let directory = self.path("credentials");
        fs::create_dir(&directory).expect("a folder");
        if let Some(credential) = credential {
            write(&directory.join("token"), credential.as_bytes(), 0o400);
        }
        let variables = variable.map(|value| ("FLUX_AGENT_TOKEN".to_owned(), value.to_owned()));
        self.sources = SecretSources::new(Some(directory), variables);
        self
    }

    fn read(&self, text: &str) -> Result<Option<Secret>, ConfigErrors> {
        self.read_with(text, |section, sources| section.secret(KEYS, sources))
    }

    fn read_with(
        &self,
        text: &str,
        read: impl FnOnce(&mut flux_config::Section<'_>, &SecretSources) -> Option<Secret>,
    ) -> Result<Option<Secret>, ConfigErrors> {
        let file = ConfigFile { path: self.path("c.yml"), text: text.to_owned(), mode: self.config_mode };
        let document = Document::parse(&file);
        let mut root = document.root();
        let secret = read(&mut root.section("store"), &self.sources);
        root.finish();
        document.finish(Some(secret))
    }

    /// The text of the secret and its source.
    fn found(&self, text: &str) -> Option<(String, SecretOrigin)> {
        let secret = self.read(text).expect(text)?;
        Some((secret.value.expose_secret().to_owned(), secret.from))
    }

    /// The errors, with the random directory name replaced.
    fn errors(&self, text: &str) -> String {
        let errors = self.read(text).expect_err(text);
        assert!(!format!("{errors:?}").contains(PLANTED), "{errors:?}");
        self.anonymous(&errors.to_string())
    }

    fn anonymous(&self, text: &str) -> String {
        text.replace(&self.folder.path().display().to_string(), "/etc/flux")
    }
}

fn write(path: &Path, content: &[u8], mode: u32) {
    fs::write(path, content).expect("a file");
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("its mode");
}

#[test]
fn config_beats_credential_beats_environment() {
    let host = Host::new().file("token", "from-file\n", 0o640).given(Some("from-systemd\n"), Some("from-variable"));
    let file = SecretOrigin::File(host.path("./token"));
    let found = |text, origin| Some((String::from(text), origin));
    assert_eq!(host.found("store: {token: from-config}"), found("from-config", SecretOrigin::Inline));
    assert_eq!(host.found("store: {token_file: ./token}"), found("from-file", file));
    assert_eq!(host.found("store: {}"), found("from-systemd", SecretOrigin::Credential("token")));
    assert_eq!(host.found(""), found("from-systemd", SecretOrigin::Credential("token")));

    let host = Host::new().given(None, Some("from-variable"));
    assert_eq!(host.found(""), found("from-variable", SecretOrigin::Environment("FLUX_AGENT_TOKEN")));
    let host = Host::new().given(None, Some(" "));
    assert_eq!(host.found(""), None);
}

#[test]
fn process_environment_is_a_source() {
    // The test runner sets this one.
    let keys = SecretKeys { credential: "no-such-credential", environment: "CARGO_PKG_NAME", ..KEYS };
    let host = Host { sources: SecretSources::from_process(), ..Host::new() };
    let found = host.read_with("", |section, sources| section.secret(keys, sources)).expect("nothing wrong");
    assert_eq!(found.map(|secret| secret.value.expose_secret().to_owned()).as_deref(), Some("flux-config"));
}

#[test]
fn every_source_reads_a_secret_by_the_same_rule() {
    for (content, expected) in [
        ("a b", "a b"),
        ("a b\n", "a b"),
        ("a b\r\n", "a b"),
        ("a\n\n", "a"),
        ("\u{feff}a\r\n", "a"),
        (" a b \n", " a b "),
        ("a\u{a0}\n", "a\u{a0}"),
    ] {
        let file = Host::new().file("token", content, 0o600);
        assert_eq!(file.found("store: {token_file: ./token}").map(|(text, _)| text).as_deref(), Some(expected));
        for host in [Host::new().given(Some(content), None), Host::new().given(None, Some(content))] {
            assert_eq!(host.found("").map(|(text, _)| text).as_deref(), Some(expected), "{content:?}");
        }
        let is_padded = expected != expected.trim();
        let secret = file.read("store: {token_file: ./token}").expect("nothing wrong").expect("a secret");
        assert_eq!(secret.is_padded, is_padded, "{content:?}");
    }
    for many in ["hunter2\nhunter3\n", "hunter2\rhunter3"] {
        let file = Host::new().file("token", many, 0o600);
        assert!(file.errors("store: {token_file: ./token}").ends_with("has more than one line"));
        for host in [Host::new().given(Some(many), None), Host::new().given(None, Some(many))] {
            assert!(host.errors("").ends_with("has more than one line"));
        }
    }
}

#[test]
fn report_names_the_used_source_and_the_hidden_ones() {
    let host = Host::new().file("token", "hunter2 \n", 0o600).given(Some("hunter2"), Some("hunter2"));
    let file = ConfigFile { path: host.path("c.yml"), text: "store: {token_file: ./token}".into(), mode: 0o600 };
    let document = Document::parse(&file);
    document.root().section("store").secret(KEYS, &host.sources).expect("a secret");
    let reports: Vec<String> = document.secrets().iter().map(|report| host.anonymous(&report.to_string())).collect();
    assert_eq!(
        reports,
        ["store.token from the file /etc/flux/./token; the systemd credential token is not used; \
          the environment variable FLUX_AGENT_TOKEN is not used; it begins or ends with a blank, which is part of the secret"]
    );
}

#[test]
fn number_is_a_secret_exactly_as_written() {
    for text in ["007", "1e999", "0x1F", "true", "1_000"] {
        let found = Host::new().found(&format!("store: {{token: {text}}}"));
        assert_eq!(found, Some((text.to_owned(), SecretOrigin::Inline)));
    }
}

#[test]
fn missing_required_secret_lists_the_ways_to_set_it() {
    let required = |host: &Host, text: &str| {
        let errors = host.read_with(text, |section, sources| section.required_secret(KEYS, sources)).expect_err(text);
        host.anonymous(&errors.to_string())
    };
    let host = Host::new();
    assert_eq!(
        required(&host, "\nstore: {}"),
        "/etc/flux/c.yml:2:1: store.token_file: is missing; needed: token_file or token here, the systemd credential \
         token, or $FLUX_AGENT_TOKEN"
    );
    // One that is there and wrong is not missing as well.
    assert_eq!(required(&host, "store: {token: ''}"), "/etc/flux/c.yml:1:16: store.token: is empty");
    assert_eq!(required(&host, "store: 5"), "/etc/flux/c.yml:1:8: store: is a single value; allowed: a map of keys");
}

#[test]
fn second_secret_in_the_file_is_an_error() {
    let host = Host::new().file("token", PLANTED, 0o600);
    assert_eq!(
        host.errors("store:\n  token: hunter2\n  token_file: ./token"),
        "/etc/flux/c.yml:3:3: store.token_file: is set together with token; allowed: one of the two"
    );
    assert_eq!(
        host.errors("store:\n  token_file: ./token\n  token: hunter2"),
        "/etc/flux/c.yml:3:3: store.token: is set together with token_file; allowed: one of the two"
    );
}

#[test]
fn world_readable_secret_is_refused_with_the_fix() {
    let host = Host::new().file("token", PLANTED, 0o644).file("it's mine", PLANTED, 0o604);
    assert_eq!(
        host.errors("store:\n  token_file: ./token").replace("/./", "/"),
        "/etc/flux/c.yml:2:15: store.token_file: /etc/flux/token can be read by everyone (mode 0644); run: chmod o-rwx \
         /etc/flux/token"
    );
    let quoted = host.errors("store:\n  token_file: \"./it's mine\"").replace("/./", "/");
    assert!(quoted.ends_with(r"(mode 0604); run: chmod o-rwx '/etc/flux/it'\''s mine'"), "{quoted}");

    let host = Host { config_mode: 0o644, ..Host::new() };
    assert_eq!(
        host.errors("store: {token: hunter2}"),
        "/etc/flux/c.yml:1:16: store.token: /etc/flux/c.yml can be read by everyone (mode 0644); run: chmod o-rwx \
         /etc/flux/c.yml"
    );
    assert!(host.found("store: {}").is_none(), "a config without a secret may be read by everyone");
}

#[test]
fn file_that_others_may_write_is_refused_with_the_fix() {
    let host = Host::new().file("token", PLANTED, 0o602).file("c.yml", "store: {}\n", 0o646);
    assert_eq!(
        host.errors("store: {token_file: ./token}").replace("/./", "/"),
        "/etc/flux/c.yml:1:21: store.token_file: /etc/flux/token can be written by everyone (mode 0602); run: chmod o-w \
         /etc/flux/token"
    );
    let error = load(&host.path("c.yml")).expect_err("the mode is 0646");
    assert_eq!(error.exit_code(), ExitCode::Config);
    assert_eq!(
        host.anonymous(&error.to_string()),
        "/etc/flux/c.yml: can be written by everyone (mode 0646); run: chmod o-w /etc/flux/c.yml"
    );
}

/// Opening a FIFO waits for a writer, unless the program asks not to wait.
#[test]
fn fifo_and_device_are_refused_at_once() {
    let host = Host::new().given(None, None);
    for path in [host.path("pipe"), host.path("credentials/token")] {
        mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR).expect("a FIFO");
    }
    let config = host.path("c.yml").display().to_string();
    for file in [host.path("pipe"), "/dev/zero".into()] {
        let file = file.display();
        let expected = format!("{config}:1:21: store.token_file: {file} is not a regular file");
        assert_eq!(host.errors(&format!("store: {{token_file: {file}}}")), host.anonymous(&expected));
    }
    let credential = "the systemd credential token is not a regular file";
    assert_eq!(host.errors("store: {}"), format!("/etc/flux/c.yml:1:1: store.token_file: {credential}"));
    let error = load(&host.path("pipe")).expect_err("a FIFO");
    assert_eq!(host.anonymous(&error.to_string()), "/etc/flux/pipe: is not a regular file");
}

#[test]
fn unusable_secret_file_is_named() {
    let host = Host::new()
        .file("empty", "", 0o600)
        .file("blank", " \n", 0o600)
        .file("binary", [0xff, 0xfe], 0o600)
        .file("large", vec![b'x'; 64 * 1024 + 1], 0o600);
    for (name, words) in [
        ("nowhere", "does not exist"),
        ("empty", "is empty"),
        ("blank", "is empty"),
        ("binary", "is not UTF-8 text"),
        ("large", "is larger than 65536 bytes"),
        ("../", "is not a regular file"),
    ] {
        let path = host.path(name);
        let expected = format!("{}:1:21: store.token_file: {} {words}", host.path("c.yml").display(), path.display());
        assert_eq!(host.errors(&format!("store: {{token_file: {}}}", path.display())), host.anonymous(&expected));
    }
}

#[test]
fn unusable_credential_is_an_error() {
    let host = Host::new().given(Some("\n"), Some(PLANTED));
    assert_eq!(
        host.errors("store: {}"),
        "/etc/flux/c.yml:1:1: store.token_file: the systemd credential token is empty"
    );
}

#[test]
fn secret_never_appears_in_errors_or_debug_output() {
    // Every way to put the token down wrongly that we could think of; `errors` searches Debug, this loop the text.
    for text in [
        "store: {token: [hunter2]}",
        "store: {token: {hunter2: hunter2, hunter2: 1}}",
        "store: {token: {{hunter2}}}",
        "store: {token: &hunter2}",
        "store: {token: *hunter2}",
        "store: {token: !hunter2}",
        "store: {token: &hunter2 hunter2, token: *hunter2}",
        "store: {token: hunter2, token: hunter2}",
        "store: {token: hunter2, token_file: hunter2}",
        "store: {token_file: hunter2}",
        "store: {token_file: [hunter2]}",
        "store: {tokn: hunter2}",
        "store: {token hunter2}",
        "store: {token=hunter2}",
        "store: {token:hunter2}",
        "store: {? [hunter2] : x}",
        "store: hunter2",
        "store:\n  token hunter2",
        "store:\n  token:hunter2\n  url: x",
        "store:\n  token: 'hunter2",
        "store:\n  token: \"hunter2\\q\"",
        "store:\n  token: @hunter2",
        "store:\n  token: `hunter2`",
        "store:\n  token: %hunter2",
        "store:\n  token: hunter2: x",
        "store:\n  token: 'hunter2' hunter2",
        "store:\n\ttoken: hunter2",
        "store:\n  token: |\n hunter2",
        "store:\n  token: hunter2 }\n hunter2",
        "%hunter2\nstore: {}",
        "token: hunter2",
        "- token: hunter2",
        "--- hunter2\n--- hunter2",
        "hunter2",
    ] {
        let host = Host::new();
        let errors = host.errors(text);
        assert!(!errors.contains(PLANTED), "{text:?} gives {errors}");
    }

    let host = Host::new().given(Some(PLANTED), Some(PLANTED));
    let secret = host.read("").expect("the credential");
    let file = ConfigFile { path: host.path("c.yml"), text: PLANTED.to_owned(), mode: 0o600 };
    let debug = format!("{secret:?} {:?} {file:?}", host.sources);
    assert!(debug.contains("REDACTED") && debug.contains("FLUX_AGENT_TOKEN"), "{debug}");
    assert!(!debug.contains(PLANTED), "{debug}");
}

#[test]
fn config_file_is_loaded_with_its_mode() {
    let host = Host::new().file("c.yml", "store: {}\n", 0o640);
    let file = load(&host.path("c.yml")).expect("it is there");
    assert_eq!((file.text.as_str(), file.mode), ("store: {}\n", 0o640));
}

#[test]
fn config_file_that_cannot_be_loaded_is_named() {
    let host = Host::new().file("binary", [0xff], 0o600).file("large", vec![b'#'; 256 * 1024 + 1], 0o600);
    for (name, expected) in [
        ("none", "no config file at /etc/flux/none: write one there, or name another with --config FILE"),
        ("binary", "/etc/flux/binary: is not UTF-8 text"),
        ("large", "/etc/flux/large: is larger than 262144 bytes"),
        ("", "/etc/flux/: is not a regular file"),
    ] {
        let error = load(&host.path(name)).expect_err(name);
        assert_eq!(host.anonymous(&error.to_string()), expected);
    }
}
