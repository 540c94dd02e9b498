//! [`Program`]: a child process that can be started, killed and started again.

use super::TestbedError;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use tokio::process::{Child, Command};

/// A program that can be started, killed and started again. Its stdout and stderr go to one log file, which each start extends.
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

/// The way in which a program ended.
pub type Ended = ExitStatus;

impl Program {
    /// Prepares a program without starting it.
    pub fn new(name: &'static str, path: PathBuf, arguments: Vec<OsString>, log: PathBuf) -> Program {
        Program { name, path, arguments, environment: Vec::new(), log, is_apart: false, child: None }
    }

    /// Puts it into its own process group from the next start on: Ctrl-C then goes only to the parent, which stops the programs in order. (A test's
    /// programs stay in the test's group and end with it.)
    pub fn set_apart(&mut self) {
        self.is_apart = true;
    }

    /// The program's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Adds arguments, from the next start on.
    pub fn add_arguments(&mut self, arguments: &[&str]) {
        self.arguments.extend(arguments.iter().map(Into::into));
    }

    /// Adds variables to the inherited environment, from the next start on.
    pub fn set_environment(&mut self, variables: &[(&str, &str)]) {
        self.environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    }

    /// The path of its log file.
    pub fn log(&self) -> &PathBuf {
        &self.log
    }

    /// Its process id while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// Starts it. Dropping the handle kills it.
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

    /// Sends `kill -9` and waits for its end.
    pub async fn kill(&mut self) -> Result<(), TestbedError> {
        if let Some(mut child) = self.child.take() {
            child.kill().await.map_err(TestbedError::io(format!("killing {}", self.name)))?;
        }
        Ok(())
    }

    /// Sends SIGTERM and waits for its end.
    pub async fn stop(&mut self) -> Result<Option<Ended>, TestbedError> {
        let Some(mut child) = self.child.take() else { return Ok(None) };
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            // It may have ended already; waiting returns the status then too.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        child.wait().await.map(Some).map_err(TestbedError::io(format!("waiting for {}", self.name)))
    }

    /// Waits until it ends without being killed.
    pub async fn ended(&mut self) -> Result<Ended, TestbedError> {
        match &mut self.child {
            Some(child) => child.wait().await.map_err(TestbedError::io(format!("waiting for {}", self.name))),
            None => std::future::pending().await,
        }
    }

    /// The way in which it ended, if it has.
    pub fn try_ended(&mut self) -> Result<Option<Ended>, TestbedError> {
        match &mut self.child {
            Some(child) => child.try_wait().map_err(TestbedError::io(format!("waiting for {}", self.name))),
            None => Ok(None),
        }
    }
}
