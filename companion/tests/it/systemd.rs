//! What systemd is told, and what SIGHUP does.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Ends a test that hangs; no load reaches it.
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
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("notify");
        let systemd = UnixDatagram::bind(&socket).expect("a socket");
        systemd.set_read_timeout(Some(TEST_LIMIT)).expect("set");
        write(folder.path(), "");
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

    /// Reads on until systemd is told this.
    fn told(&self, word: &str) {
        let mut bytes = [0; 512];
        loop {
            let count = self.systemd.recv(&mut bytes).unwrap_or_else(|error| panic!("never told {word}: {error}"));
            if String::from_utf8_lossy(&bytes[..count]).contains(word) {
                return;
            }
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().expect("it starts").success());
    }

    /// Reads the log again with every word of systemd until this stands in it.
    fn logged(&self, word: &str) {
        for _ in 0..300 {
            self.told("WATCHDOG=1");
            if std::fs::read_to_string(self.folder.path().join("log")).expect("a log").contains(word) {
                return;
            }
        }
        panic!("never logged {word}");
    }
}

fn write(folder: &Path, more: &str) {
    let text = format!("listen: 127.0.0.1:0\ndatabase: companion.db\n{more}");
    let path = folder.join("companion.yml");
    std::fs::write(&path, text).expect("written");
    // It may have a secret in it.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("set");
}

#[test]
fn systemd_gets_ready_watchdog_and_stopping() {
    let mut served = Served::start();
    served.told("READY=1");
    served.told("STATUS=serving on 127.0.0.1:0, 0 commands open");
    served.told("WATCHDOG=1");
    served.signal("-TERM");
    served.told("STOPPING=1");
    assert!(served.child.wait().expect("it ends").success());
}

#[test]
fn sighup_applies_only_a_valid_config() {
    let served = Served::start();
    served.told("READY=1");
    write(served.folder.path(), "log: {level: loud}\n");
    served.signal("-HUP");
    served.logged("the changed config has mistakes; the old one stays in force");
    write(
        served.folder.path(),
        "log: {level: debug}\nwebhook: {url: 'http://127.0.0.1:1/', secret: 'a secret of more than thirty-two characters'}\n",
    );
    served.signal("-HUP");
    served.logged("config read again");
    served.logged("some changes need a restart to take effect");
    let log = std::fs::read_to_string(served.folder.path().join("log")).expect("a log");
    assert!(log.contains("\"keys\":\"webhook\"") && !log.contains("thirty-two"), "{log}");
}
