//! The first steps of the documentation, word for word: every `sh` block of a section runs as it stands, in the terminal that
//! the text names, as an ordinary user in a new home directory. Only the ports are replaced, for other tests have the same.

use crate::test_env::LIMIT;
use flux_testkit::game::{Game, Settings};
use flux_testkit::testbed::{Programs, until};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const PASSWORD: &str = "choose:a=password";
/// The password as Java writes it.
const ESCAPED_PASSWORD: &str = r"choose\:a\=password";
/// `nobody`, if the tests run as root.
const ORDINARY_USER: u32 = 65_534;

/// A block, and the terminal that the text before it names.
struct Block {
    terminal: u32,
    text: String,
}

/// The `sh` blocks below a heading, up to the next one. A terminal stays the same until the text names another.
fn blocks(document: &str, heading: &str) -> Vec<Block> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(document)).unwrap();
    let section = text.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading} in {document}")).1;
    let section = section.split("\n## ").next().unwrap();
    let (mut blocks, mut terminal, mut block) = (Vec::new(), None, None::<String>);
    for line in section.lines() {
        match (&mut block, line) {
            (None, "```sh") => block = Some(String::new()),
            (Some(text), "```") => {
                let terminal = terminal.unwrap_or_else(|| panic!("{document} names no terminal before {text}"));
                blocks.push(Block { terminal, text: block.take().unwrap() });
            }
            (Some(text), line) => *text += &format!("{line}\n"),
            (None, line) => {
                let number = line.split("n terminal ").nth(1).and_then(|rest| rest.get(..1)?.parse().ok());
                terminal = number.or(terminal);
            }
        }
    }
    blocks
}

/// A home directory with a game, a checkout that is built already, and the terminals.
struct Desk {
    home: TempDir,
    ports: [(&'static str, String); 2],
    terminals: BTreeMap<u32, Terminal>,
}

struct Terminal {
    shell: Child,
    output: PathBuf,
    blocks: usize,
}

impl Drop for Desk {
    fn drop(&mut self) {
        for terminal in self.terminals.values_mut() {
            // A program that has ended is no error.
            let _ = kill_process_group(Pid::from_child(&terminal.shell), Signal::KILL);
            let _ = terminal.shell.wait();
        }
    }
}

impl Desk {
    fn new(rcon_port: u16) -> Desk {
        let home = TempDir::new().unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let ports = [("8787", free.to_string()), ("25575", rcon_port.to_string())];
        let folder = |name: &str| {
            let path = home.path().join(name);
            fs::create_dir_all(&path).unwrap();
            path
        };
        let properties = format!("enable-rcon=true\nrcon.port=25575\nrcon.password={ESCAPED_PASSWORD}\n");
        fs::write(folder("minecraft").join("server.properties"), properties).unwrap();
        let (release, programs) = (folder("checkout/target/release"), Programs::beside_this().unwrap());
        for (name, program) in [("flux-agent", &programs.agent), ("flux-companion", &programs.companion)] {
            fs::copy(program, release.join(name)).unwrap();
        }
        let cargo = folder("bin").join("cargo");
        fs::write(&cargo, "#!/bin/sh\n[ \"$*\" = 'build --release' ]\n").unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        if rustix::process::geteuid().is_root() {
            chown(home.path(), Some(ORDINARY_USER), Some(ORDINARY_USER)).unwrap();
        }
        Desk { home, ports, terminals: BTreeMap::new() }
    }

    /// Types a block into its terminal, and waits until it is done or serves.
    async fn run(&mut self, block: &Block) {
        let text = self.ports.iter().fold(block.text.clone(), |text, (port, free)| text.replace(port, free));
        let home = self.home.path().to_owned();
        let terminal = self.terminals.entry(block.terminal).or_insert_with(|| Terminal::open(&home, block.terminal));
        terminal.blocks += 1;
        let done = format!("== block {} is done", terminal.blocks);
        writeln!(terminal.shell.stdin.as_ref().unwrap(), "{text}echo '{done}'").unwrap();
        let last = block.text.lines().last().unwrap();
        let sign = match last.rsplit(' ').next().unwrap() {
            "serve" => "serving",
            "run" => "session open server.id=",
            _ => &done,
        };
        terminal.shows(sign).await;
    }
}

impl Terminal {
    fn open(home: &Path, number: u32) -> Terminal {
        let output = home.join(format!("terminal-{number}"));
        let file = File::create(&output).unwrap();
        let mut bash = Command::new("bash");
        bash.args(["-eu", "-o", "pipefail"]).current_dir(home.join("checkout")).process_group(0);
        bash.env_clear().env("HOME", home).env("PATH", format!("{}/bin:/usr/bin:/bin", home.display()));
        if rustix::process::geteuid().is_root() {
            bash.uid(ORDINARY_USER).gid(ORDINARY_USER);
        }
        let shell = bash.stdin(Stdio::piped()).stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        Terminal { shell, output, blocks: 0 }
    }

    /// Waits until the terminal shows a text.
    async fn shows(&mut self, text: &str) {
        let (output, shell) = (self.output.clone(), &mut self.shell);
        let mut look = || {
            // The shell is asked first, so that nothing is missed that it has printed before its end.
            let ended = shell.try_wait().unwrap();
            let shown = fs::read_to_string(&output).unwrap();
            let found = shown.contains(text);
            assert!(found || ended.is_none(), "the terminal ended without {text:?}:\n{shown}");
            found
        };
        until(text, LIMIT, || std::future::ready(Ok(look().then_some(())))).await.unwrap();
    }
}

/// Runs a section's blocks; the game is at the documented address.
async fn follow(document: &str, heading: &str, expected: &[u32]) -> Desk {
    let game = Game::new(Settings::new(PASSWORD)).unwrap();
    game.join("Steve").unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut desk = Desk::new(listener.local_addr().unwrap().port());
    tokio::spawn(async move { game.serve(listener, std::future::pending()).await });
    let blocks = blocks(document, heading);
    let terminals: Vec<u32> = blocks.iter().map(|block| block.terminal).collect();
    assert_eq!(terminals, expected, "a terminal for each block of {document}");
    for block in &blocks {
        desk.run(block).await;
    }
    desk
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readme_is_followed_word_for_word() {
    let mut desk = follow("README.md", "## A real server in ten minutes", &[1, 1, 2, 3]).await;
    let again = Block { terminal: 3, text: blocks("README.md", "## A real server in ten minutes")[3].text.clone() };
    let look = again.text.lines().last().unwrap();
    let text = format!("until {look} | grep '\"delivery\":\"delivered\"'; do sleep 0.1; done\n");
    desk.run(&Block { terminal: 3, text }).await;
    for secret in ["token", "rcon-password", "admin-key"] {
        let mode = fs::metadata(desk.home.path().join("flux").join(secret)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{secret}");
    }
    let shown = fs::read_to_string(desk.home.path().join("terminal-2")).unwrap();
    assert!(shown.contains("store      ok") && !shown.contains("FAILED"), "check --online: {shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guide_without_root_is_followed_word_for_word() {
    let mut desk = follow("docs/how-to/without-root.md", "## Set up", &[1, 1, 2]).await;
    let status = "~/flux/flux-agent --config ~/flux/agent.yml status | grep connected\n".to_owned();
    desk.run(&Block { terminal: 3, text: status }).await;
}

/// The guide's script restarts the agent after the exit codes that a restart can help with, and ends with the others.
#[test]
fn script_for_machines_without_systemd_restarts_when_it_helps() {
    let guide =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/how-to/without-root.md")).unwrap();
    let script = guide.split("```text\n").find(|text| text.starts_with("#!/bin/sh")).unwrap();
    let script = script.split("```").next().unwrap();
    let home = TempDir::new().unwrap();
    let program = |path: &str, text: &str| {
        let path = home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    program("bin/sleep", "#!/bin/sh\n");
    program("flux/flux-agent", "#!/bin/sh\necho \"run $*\"\nread code <codes\nsed -i 1d codes\nexit \"$code\"\n");
    for (codes, runs) in [("1\n69\n70\n73\n137\n0\n", 6), ("64\n", 1), ("65\n", 1), ("77\n", 1), ("78\n", 1)] {
        fs::write(home.path().join("flux/codes"), codes).unwrap();
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(script).env("HOME", home.path());
        shell.env("PATH", format!("{}/bin:/usr/bin:/bin", home.path().display()));
        shell.status().unwrap();
        let log = fs::read_to_string(home.path().join("flux/agent.log")).unwrap();
        assert_eq!(log, "run --config agent.yml run\n".repeat(runs), "{codes:?}");
        fs::remove_file(home.path().join("flux/agent.log")).unwrap();
    }
}
