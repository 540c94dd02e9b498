//! The companion as a systemd service: readiness and watchdog notifications, and the reload on SIGHUP.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Stops a hanging test; even a loaded machine stays far below it.
const TEST_LIMIT: Duration = Duration::from_secs(300);

struct Served {
    child: Child,
    systemd: UnixDatagram,
    folder: tempfile::TempDir,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    fn start() -> Served {
        Self::configured("listen: 127.0.0.1:0\n")
    }

    fn configured(text: &str) -> Served {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("notify");
        let systemd = UnixDatagram::bind(&socket).expect("a socket");
        systemd.set_read_timeout(Some(TEST_LIMIT)).expect("set");
        write(folder.path(), text);
        let program = |word: &str| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_flux-companion"));
            command.arg("--config").arg(folder.path().join("companion.yml")).arg(word);
            command
        };
        assert!(program("init").output().expect("it starts").status.success());
        let log = std::fs::File::create(folder.path().join("log")).expect("a file");
        let child = program("serve")
            .env("NOTIFY_SOCKET", &socket)
            .env("WATCHDOG_USEC", "300000")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("it starts");
        Served { child, systemd, folder }
    }

    /// Reads notifications until one contains this text.
    fn wait_for(&self, word: &str) {
        let mut bytes = [0; 512];
        loop {
            let count = self.systemd.recv(&mut bytes).unwrap_or_else(|error| panic!("never notified {word}: {error}"));
            if String::from_utf8_lossy(&bytes[..count]).contains(word) {
                return;
            }
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().expect("it starts").success());
    }

    /// Reads the log after each watchdog notification until it contains this text.
    fn logged(&self, word: &str) {
        for _ in 0..300 {
            self.wait_for("WATCHDOG=1");
            if std::fs::read_to_string(self.folder.path().join("log")).expect("a log").contains(word) {
                return;
            }
        }
        panic!("never logged {word}");
    }
}

fn write(folder: &Path, more: &str) {
    let text = format!("database: companion.db\n{more}");
    let path = folder.join("companion.yml");
    std::fs::write(&path, text).expect("written");
    // The program refuses a config that others can read, since it may contain a secret.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("set");
}

#[test]
fn systemd_gets_ready_watchdog_and_stopping() {
    let mut served = Served::start();
    served.wait_for("READY=1");
    served.wait_for("STATUS=serving on 127.0.0.1:0, 0 commands open");
    served.wait_for("WATCHDOG=1");
    served.signal("-TERM");
    served.wait_for("STOPPING=1");
    assert!(served.child.wait().expect("it ends").success());
}

#[test]
fn sighup_applies_only_a_valid_config() {
    let served = Served::start();
    served.wait_for("READY=1");
    write(served.folder.path(), "listen: 127.0.0.1:0\nlog: {level: loud}\n");
    served.signal("-HUP");
    served.logged("failed to reload the configuration; the old one stays in force");
    write(
        served.folder.path(),
        "listen: 127.0.0.1:0\nlog: {level: debug}\nwebhook: {url: 'http://127.0.0.1:1/', secret: 'a secret of more than thirty-two characters'}\n",
    );
    served.signal("-HUP");
    served.logged("configuration reloaded");
    served.logged("some changes need a restart to take effect");
    let log = std::fs::read_to_string(served.folder.path().join("log")).expect("a log");
    assert!(log.contains("keys=webhook") && !log.contains("thirty-two"), "{log}");
}

#[test]
fn start_logs_settings_that_are_not_safe() {
    let served = Served::configured("listen: 0.0.0.0:0\n");
    served.wait_for("READY=1");
    let log = std::fs::read_to_string(served.folder.path().join("log")).expect("a log");
    assert!(log.contains("a setting is not safe") && log.contains("setting=listen"), "{log}");
    let served = Served::start();
    served.wait_for("READY=1");
    let log = std::fs::read_to_string(served.folder.path().join("log")).expect("a log");
    assert!(!log.contains("WARN"), "{log}");
}
