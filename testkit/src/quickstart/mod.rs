//! The quickstart: one command, and a newcomer watches an order turn into diamonds over the real session, the real journal and a real RCON connection.

mod story;
mod watch;

use clap::Args;
use flux_testkit::stage::{Programs, Stage, StageError, Who};
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
    cause: StageError,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failed> {
    let folder =
        arguments.dir.unwrap_or_else(|| std::env::temp_dir().join(format!("flux-quickstart-{}", std::process::id())));
    println!("Building flux-agent and flux-companion (the first time takes some minutes) …");
    let programs = Programs::built().map_err(|cause| Failed { step: "building the programs".into(), cause })?;
    let mut stage =
        Stage::prepare(&folder, programs).await.map_err(|cause| Failed { step: "preparing".into(), cause })?;
    for who in [Who::Companion, Who::Game, Who::Agent] {
        stage.program(who).set_apart();
    }
    tokio::select! { biased;
        stopped = asked_to_stop() => stopped.map_err(|source| Failed {
            step: "listening for Ctrl-C".into(),
            cause: StageError::Io { what: "signals".into(), source },
        })?,
        told = play(&mut stage, arguments.once) => told?,
    }
    end(stage).await
}

async fn play(stage: &mut Stage, once: bool) -> Result<(), Failed> {
    let told = story::tell(stage).await?;
    if once {
        return Ok(());
    }
    told.print_what_to_try(stage);
    watch::keep_running(stage).await.map_err(|cause| Failed { step: "keeping everything running".into(), cause })
}

/// Ctrl-C or SIGTERM.
async fn asked_to_stop() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! { biased;
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

async fn end(mut stage: Stage) -> Result<(), Failed> {
    for who in [Who::Agent, Who::Companion, Who::Game] {
        stage.stop(who).await.map_err(|cause| Failed { step: "stopping".into(), cause })?;
    }
    println!("\nEverything is stopped. The files stay in {}.", stage.folder().display());
    Ok(())
}
