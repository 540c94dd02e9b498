//! The quickstart: one command, and a newcomer watches an order turn into diamonds over the real session, the real journal and a real RCON connection.

mod scenario;
mod watch;

use clap::Args;
use flux_testkit::testbed::{Programs, Testbed, TestbedError, Who};
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};

/// What the quickstart can be told.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// End after the story: exit code 0, or 1 with the step that failed.
    #[arg(long)]
    once: bool,
    /// Where to keep the files; without it a new folder among the temporary ones.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

/// A step of the story that failed.
#[derive(Debug, thiserror::Error)]
#[error("the quickstart failed at: {step}: {cause}")]
pub(super) struct Failed {
    step: String,
    cause: TestbedError,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failed> {
    let folder =
        arguments.dir.unwrap_or_else(|| std::env::temp_dir().join(format!("flux-quickstart-{}", std::process::id())));
    println!("Building flux-agent and flux-companion (the first time takes some minutes) …");
    let programs = Programs::built().map_err(|cause| Failed { step: "building the programs".into(), cause })?;
    let mut testbed =
        Testbed::prepare(&folder, programs).await.map_err(|cause| Failed { step: "preparing".into(), cause })?;
    for who in [Who::Companion, Who::Game, Who::Agent] {
        testbed.program(who).set_apart();
    }
    tokio::select! { biased;
        stopped = asked_to_stop() => stopped.map_err(|source| Failed {
            step: "listening for Ctrl-C".into(),
            cause: TestbedError::Io { what: "signals".into(), source },
        })?,
        told = play(&mut testbed, arguments.once) => told?,
    }
    end(testbed).await
}

async fn play(testbed: &mut Testbed, once: bool) -> Result<(), Failed> {
    let told = scenario::tell(testbed).await?;
    if once {
        return Ok(());
    }
    told.print_what_to_try(testbed);
    watch::keep_running(testbed).await.map_err(|cause| Failed { step: "keeping everything running".into(), cause })
}

/// Ctrl-C or SIGTERM.
async fn asked_to_stop() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! { biased;
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

async fn end(mut testbed: Testbed) -> Result<(), Failed> {
    for who in [Who::Agent, Who::Companion, Who::Game] {
        testbed.stop(who).await.map_err(|cause| Failed { step: "stopping".into(), cause })?;
    }
    println!("\nEverything is stopped. The files stay in {}.", testbed.folder().display());
    Ok(())
}
