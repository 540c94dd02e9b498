//! [`Program`]: a child process that can be started, killed and started again.

use super::TestbedError;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use tokio::process::{Child, Command};

/// A program that can be started, killed and started again. Its stdout and stderr go to one log file, to which each start appends.
#[derive(Debug)]
pub struct Program {
    name: &'static str,
    path: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
    log: PathBuf,
    is_apart: bool,
    child: Option<Child>,
}

/// How a program ended.
pub type Ended = ExitStatus;

impl Program {
    /// A program that does not run yet.
    pub fn new(name: &'static str, path: PathBuf, arguments: Vec<OsString>, log: PathBuf) -> Program {
        Program { name, path, arguments, environment: Vec::new(), log, is_apart: false, child: None }
    }

    /// Puts it into a process group of its own from the next start on: a Ctrl-C is for the one who started everything, who then stops it in order. (A test's
    /// programs stay in the test's group and end with it, however it ends.)
    pub fn set_apart(&mut self) {
        self.is_apart = true;
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Adds arguments, from its next start on.
    pub fn add_arguments(&mut self, arguments: &[&str]) {
        self.arguments.extend(arguments.iter().map(Into::into));
    }

    /// Sets its environment beside what it inherits, from its next start on.
    pub fn set_environment(&mut self, variables: &[(&str, &str)]) {
        self.environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    }

    /// Where it says what it does.
    pub fn log(&self) -> &PathBuf {
        &self.log
    }

    /// Its process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// Starts it. It is killed when this is dropped.
    pub fn start(&mut self) -> Result<(), TestbedError> {
        if !self.path.exists() {
            return Err(TestbedError::Missing(self.path.clone()));
        }
        let log =
            OpenOptions::new().create(true).append(true).open(&self.log).map_err(TestbedError::io("opening a log"))?;
        let errors = log.try_clone().map_err(TestbedError::io("opening a log"))?;
        let mut command = Command::new(&self.path);
        command
            .args(&self.arguments)
            .envs(self.environment.clone())
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .kill_on_drop(true);
        if self.is_apart {
            command.process_group(0);
        }
        self.child = Some(command.spawn().map_err(TestbedError::io(format!("starting {}", self.name)))?);
        Ok(())
    }

    /// `kill -9`, and waits for its end.
    pub async fn kill(&mut self) -> Result<(), TestbedError> {
        if let Some(mut child) = self.child.take() {
            child.kill().await.map_err(TestbedError::io(format!("killing {}", self.name)))?;
        }
        Ok(())
    }

    /// SIGTERM, and waits for its end.
    pub async fn stop(&mut self) -> Result<Option<Ended>, TestbedError> {
        let Some(mut child) = self.child.take() else { return Ok(None) };
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            // It may have ended by itself: then waiting for it says how.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        child.wait().await.map(Some).map_err(TestbedError::io(format!("waiting for {}", self.name)))
    }

    /// Waits for its end by itself.
    pub async fn ended(&mut self) -> Result<Ended, TestbedError> {
        match &mut self.child {
            Some(child) => child.wait().await.map_err(TestbedError::io(format!("waiting for {}", self.name))),
            None => std::future::pending().await,
        }
    }

    /// How it ended, if it has.
    pub fn try_ended(&mut self) -> Result<Option<Ended>, TestbedError> {
        match &mut self.child {
            Some(child) => child.try_wait().map_err(TestbedError::io(format!("waiting for {}", self.name))),
            None => Ok(None),
        }
    }
}
