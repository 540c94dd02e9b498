//! `logs/latest.log` as the server software writes it. Each line is appended in one write, so a reader that follows the file does not see half
//! a line for long. A start and midnight rename the file and begin a new one under the same name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use flux_platform::{Clock, SystemClock};

use super::dialect::Flavour;
use super::player::offline_uuid;

/// The entity id and position in a login line; no program reads them.
const WHERE: &str = "at (0.5, 64.0, 0.5)";

pub(super) struct ServerLog {
    path: PathBuf,
    flavour: Flavour,
    file: Mutex<File>,
}

impl ServerLog {
    /// Begins a new file; an older one is renamed, as at every start.
    pub(super) fn open(path: &Path, flavour: Flavour) -> io::Result<ServerLog> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let log = ServerLog { path: path.to_owned(), flavour, file: Mutex::new(begin(path)?) };
        log.started()?;
        Ok(log)
    }

    pub(super) fn started(&self) -> io::Result<()> {
        let version = self.flavour.entry("version").unwrap_or_default();
        self.say(&format!("Starting minecraft server version {version}"))?;
        self.say("RCON running on 127.0.0.1:25575")?;
        self.say("Done (1.021s)! For help, type \"help\"")
    }

    pub(super) fn joined(&self, name: &str) -> io::Result<()> {
        let entered = format!("{name}[/127.0.0.1:50000] logged in with entity id 12 {WHERE}");
        let announced = format!("{name} joined the game");
        if self.flavour.has("log-uuid") {
            self.write("User Authenticator #1", &format!("UUID of player {name} is {}", offline_uuid(name)))?;
        }
        // Vanilla announces the join last, Paper first.
        let order = if self.flavour.has("log-announces-first") { [announced, entered] } else { [entered, announced] };
        order.iter().try_for_each(|line| self.say(line))
    }

    pub(super) fn left(&self, name: &str) -> io::Result<()> {
        self.say(&format!("{name} lost connection: Disconnected"))?;
        self.say(&format!("{name} left the game"))
    }

    /// Writes a line of the main thread.
    pub(super) fn say(&self, text: &str) -> io::Result<()> {
        self.write(self.flavour.entry("log-thread").unwrap_or_default(), text)
    }

    /// The lines of an orderly stop.
    pub(super) fn stopped(&self) -> io::Result<()> {
        let thread = self.flavour.entry("log-stop-thread").unwrap_or_default();
        ["Stopping server", "Saving players", "Saving worlds"].iter().try_for_each(|text| self.write(thread, text))
    }

    /// Rotates the log as the server does at midnight.
    pub(super) fn rotate(&self) -> io::Result<()> {
        *self.file() = begin(&self.path)?;
        Ok(())
    }

    fn write(&self, thread: &str, text: &str) -> io::Result<()> {
        let time = SystemClock.now().strftime(self.flavour.entry("log-time").unwrap_or_default()).to_string();
        let form = self.flavour.entry("log-line").unwrap_or_default();
        let line = form.replace("{time}", &time).replace("{thread}", thread).replace("{text}", text) + "\n";
        self.file().write_all(line.as_bytes())
    }

    /// A panic never leaves a line half written.
    fn file(&self) -> MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Renames the old file to `DATE-NUMBER.log` in the same folder (servers also compress it), and creates a new one.
fn begin(path: &Path) -> io::Result<File> {
    if path.exists() {
        let date = SystemClock.now().strftime("%Y-%m-%d").to_string();
        let old = (1_u32..).map(|number| path.with_file_name(format!("{date}-{number}.log"))).find(|old| !old.exists());
        fs::rename(path, old.unwrap_or_else(|| path.with_extension("old")))?;
    }
    OpenOptions::new().create_new(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines without their times.
    fn lines(path: &Path) -> Vec<String> {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(|line| line.split_once("] ").unwrap().1.to_owned()).collect()
    }

    fn joined(flavour: Flavour) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/latest.log");
        ServerLog::open(&path, flavour).unwrap().joined("Steve").unwrap();
        lines(&path)[3..].to_vec()
    }

    #[test]
    fn join_line_has_each_softwares_format() {
        let entered = "[Server thread/INFO]: Steve[/127.0.0.1:50000] logged in with entity id 12 at (0.5, 64.0, 0.5)";
        let announced = "[Server thread/INFO]: Steve joined the game";
        let uuid = "[User Authenticator #1/INFO]: UUID of player Steve is 5627dd98-e6be-3c21-b8a8-e92344183641";
        assert_eq!(joined(Flavour::Vanilla), [entered, announced]);
        assert_eq!(joined(Flavour::Fabric), [entered, announced]);
        assert_eq!(joined(Flavour::Spigot), [uuid, entered, announced]);
        assert_eq!(joined(Flavour::Paper), [uuid, announced, entered]);
        let named = |line: &str| line.replace("INFO]: ", "INFO] [net.minecraft.server.MinecraftServer/]: ");
        assert_eq!(joined(Flavour::Forge), [named(entered), named(announced)]);
    }

    #[test]
    fn start_and_midnight_rotate_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latest.log");
        ServerLog::open(&path, Flavour::Vanilla).unwrap();
        let log = ServerLog::open(&path, Flavour::Vanilla).unwrap();
        log.rotate().unwrap();
        log.say("after midnight").unwrap();
        assert_eq!(lines(&path), ["[Server thread/INFO]: after midnight"]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
