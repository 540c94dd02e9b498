//! Two agents on one machine, and commands to a running one.

use crate::support::{Host, TOKEN, response, serve};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running daemon; it ends with the test.
pub(crate) struct Daemon(pub(crate) Child);

impl Daemon {
    /// Starts it, and waits until it answers on its socket.
    fn start(host: &Host) -> Daemon {
        Daemon::spawn(host.command(&["run"]))
    }

    /// Starts it by this command.
    pub(crate) fn spawn(mut command: Command) -> Daemon {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        lines.find(|line| line.contains("flux-agent started")).unwrap();
        // Its log must not fill the pipe.
        std::thread::spawn(move || lines.count());
        Daemon(child)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn host() -> Host {
    Host::new(&format!("http://{}", serve(|_, _| response("503 Service Unavailable", &[], ""))))
}

#[test]
fn second_agent_does_not_take_the_firsts_socket() {
    let first = host();
    let daemon = Daemon::start(&first);
    let second = host();
    let runtime = format!("runtime_dir: {}/run", first.folder.path().display());
    let own = format!("runtime_dir: {}/run", second.folder.path().display());
    second.write("config.yml", &second.read("config.yml").replace(&own, &runtime));
    let (exit, text) = second.run(&["run"]);
    assert_eq!(exit, 73, "{text}");
    let owner = format!("the flux-agent with pid {} and {}", daemon.0.id(), first.path("config.yml").display());
    assert!(text.contains(&owner) && text.contains("give this agent its own runtime_dir"), "{text}");
    let (exit, text) = first.run(&["status"]);
    assert!(exit == 0 && text.contains(&first.path("config.yml").display().to_string()), "{text}");
}

#[test]
fn commands_to_the_daemon_work_while_the_config_is_broken() {
    let host = host();
    let _daemon = Daemon::start(&host);
    let config = host.read("config.yml");
    host.write("config.yml", &(config.clone() + "polling: {min: 15m}\n"));
    std::fs::remove_file(host.path("token")).unwrap();
    assert_eq!(host.run(&["status"]).0, 0);
    assert_eq!(host.run(&["queue", "list"]), (0, "no matching jobs\n".to_owned()));
    let (exit, text) = host.run(&["reload"]);
    assert!(exit == 78 && text.contains("polling.min"), "{text}");
    let (_, text) = host.run(&["status"]);
    assert!(text.contains("the old configuration stays in force") && text.contains("polling.min"), "{text}");
    host.write("config.yml", &config);
    host.write("token", TOKEN);
    assert_eq!(host.run(&["reload"]), (0, "no changes\n".to_owned()));
}
