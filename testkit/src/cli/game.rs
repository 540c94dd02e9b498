//! `flux-sandbox game`: runs a game in the foreground.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use flux_testkit::game::{Flavour, Game, Settings};
use flux_testkit::{Error, control};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

#[derive(Args)]
pub(super) struct Arguments {
    /// The address of RCON; port 0 takes any free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:25575")]
    rcon: SocketAddr,
    /// The file with the RCON password.
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
    /// The world file; without it the world ends with the process.
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// The address of the control port (loopback only); port 0 takes any free port.
    #[arg(long, value_name = "ADDRESS")]
    control: Option<SocketAddr>,
    /// Players who join at once.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    join: Vec<String>,
    /// The number of players that may be online.
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    max_players: usize,
    /// The server software to imitate.
    #[arg(long, value_enum, default_value_t)]
    flavour: Flavour,
    /// With EssentialsX and LuckPerms.
    #[arg(long)]
    plugins: bool,
    /// Send no packet for a command without output, as Pumpkin does.
    #[arg(long)]
    silent: bool,
    /// Keep the world in memory only, whatever `--world` says: the file is rewritten with every line that takes effect.
    #[arg(long)]
    volatile: bool,
    /// The server's log file, in place of logs/latest.log.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// Prints `ready rcon=ADDRESS [control=ADDRESS]` on stdout once both ports are open.
pub(super) async fn run(arguments: Arguments) -> Result<(), Error> {
    let settings = Settings {
        password: password(&arguments.password_file)?,
        world_file: arguments.world.filter(|_| !arguments.volatile),
        max_players: arguments.max_players,
        flavour: arguments.flavour,
        plugins: arguments.plugins,
        silent: arguments.silent,
        log_file: arguments.log,
    };
    let game = Game::new(settings)?;
    for name in &arguments.join {
        game.join(name)?;
    }
    let rcon =
        TcpListener::bind(arguments.rcon).await.map_err(|source| Error::Listen { address: arguments.rcon, source })?;
    let mut ready = format!("ready rcon={}", rcon.local_addr()?);
    let control = match arguments.control {
        Some(address) => Some(control::bind(address).await?),
        None => None,
    };
    if let Some(listener) = &control {
        ready += &format!(" control={}", listener.local_addr()?);
    }
    let signals = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
    println!("{ready}");
    tokio::select! {
        biased;
        ended = game.serve(rcon, either(signals)) => ended,
        ended = serve_control(&game, control) => ended,
    }
}

async fn serve_control(game: &Game, listener: Option<TcpListener>) -> Result<(), Error> {
    match listener {
        Some(listener) => control::serve(game.clone(), listener).await,
        None => pending().await,
    }
}

async fn either([mut interrupt, mut terminate]: [Signal; 2]) {
    tokio::select! {
        biased;
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

fn password(path: &Path) -> Result<String, Error> {
    let read = |source: io::Error| Error::PasswordFile { path: path.to_owned(), source };
    Ok(std::fs::read_to_string(path).map_err(read)?.trim_end_matches(['\r', '\n']).to_owned())
}
