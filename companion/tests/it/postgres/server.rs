//! [`Postgres`]: a PostgreSQL server of this test alone, in a folder of its own, on a Unix socket.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use tempfile::TempDir;

/// The user `nobody`: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;

/// A running server. It is stopped and its folder removed when this is dropped.
pub(super) struct Postgres {
    programs: Programs,
    server: Child,
    /// Kept open for the server, which writes its log there.
    _log: BufReader<ChildStderr>,
    folder: TempDir,
}

/// The programs of the package, and the folder in which they work.
struct Programs {
    bin: PathBuf,
    folder: PathBuf,
    is_root: bool,
}

impl Programs {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.env_clear().env("LC_ALL", "C").current_dir(&self.folder).stdin(Stdio::null());
        if self.is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// Runs a program to its end and returns its output.
    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output().expect("the program runs");
        assert!(output.status.success(), "{program} failed: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }
}

impl Postgres {
    /// Creates and starts a server without tables.
    pub(super) fn start() -> Postgres {
        // A socket's path has at most 107 bytes.
        let folder = tempfile::Builder::new().prefix("flux-postgres-").tempdir_in("/tmp").expect("a folder");
        let is_root = fs::metadata(folder.path()).expect("a folder").uid() == 0;
        if is_root {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("the folder is handed over");
        }
        let programs = Programs { bin: bin(), folder: folder.path().to_owned(), is_root };
        let options = ["--username=flux", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
        programs.run("initdb", &[&["--pgdata=data"][..], &options].concat());
        let mut server = programs.command("postgres");
        server.args(["-D", "data", "-k"]).arg(folder.path());
        for setting in ["listen_addresses=", "fsync=off", "log_min_messages=log"] {
            server.args(["-c", setting]);
        }
        let mut server = server.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("PostgreSQL starts");
        let mut log = BufReader::new(server.stderr.take().expect("a log"));
        let mut said = String::new();
        while !said.contains("ready to accept connections") {
            let count = log.read_line(&mut said).expect("a line");
            assert!(count > 0, "PostgreSQL ended at once: {said}");
        }
        Postgres { programs, server, _log: log, folder }
    }

    /// Runs a script with psql, and returns its output. Statements that fail do not end it, unless the script sets
    /// `ON_ERROR_STOP`.
    pub(super) fn run(&self, script: &str) -> String {
        fs::write(self.folder.path().join("script.sql"), script).expect("a script");
        let host = format!("--host={}", self.folder.path().display());
        let arguments = ["-XqAt", "--username=flux", "--dbname=postgres", "--file=script.sql", &host];
        self.programs.run("psql", &arguments)
    }

    /// The rows of a query, each with its columns between `|`.
    pub(super) fn rows(&self, sql: &str) -> Vec<String> {
        self.run(&format!("\\set ON_ERROR_STOP 1\n{sql};")).lines().map(str::to_owned).collect()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let stopped = self.programs.command("pg_ctl").args(["stop", "--pgdata=data", "--mode=immediate"]).output();
        if !stopped.is_ok_and(|output| output.status.success()) {
            self.server.kill().ok();
        }
        self.server.wait().ok();
    }
}

/// The folder of PostgreSQL's programs: of the newest installed version, or one in `PATH`.
fn bin() -> PathBuf {
    let is_whole =
        |folder: &PathBuf| ["initdb", "pg_ctl", "postgres", "psql"].iter().all(|program| folder.join(program).exists());
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|version| version.path());
    let version = |folder: &Path| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let mut packaged: Vec<_> = packaged.filter_map(|folder| Some((version(&folder)?, folder.join("bin")))).collect();
    packaged.sort();
    let packaged = packaged.into_iter().rev().map(|(_, folder)| folder);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).chain(packaged).find(is_whole);
    found.expect(
        "PostgreSQL is not installed, which this test needs: `make test-rust` installs Debian's package `postgresql` for root; \
         else install PostgreSQL 14 or later, or leave these tests out with `-- --skip postgres::`",
    )
}
