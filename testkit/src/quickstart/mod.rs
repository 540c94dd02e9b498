//! The quickstart: one command starts the three real programs and shows how an order turns into diamonds.

mod scenario;
mod watch;

use clap::Args;
use flux_testkit::testbed::{Programs, Testbed, TestbedError, Who};
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};

/// Options of the quickstart.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Exit after the last step: with 0, or with 1 and the step that failed.
    #[arg(long)]
    once: bool,
    /// The folder for all files; the default is a new temporary folder.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

/// A failed step.
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
        played = play(&mut testbed, arguments.once) => played?,
    }
    end(testbed).await
}

async fn play(testbed: &mut Testbed, once: bool) -> Result<(), Failed> {
    let outcome = scenario::play(testbed).await?;
    if once {
        return Ok(());
    }
    outcome.print_what_to_try(testbed);
    watch::keep_running(testbed).await.map_err(|cause| Failed { step: "keeping everything running".into(), cause })
}

/// Waits for Ctrl-C or SIGTERM.
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
