//! The subcommands that control a running game over its control port.

use std::net::SocketAddr;

use clap::{Args, Subcommand};
use flux_testkit::{Error, control};

/// A request to a running game; the answer is a line of JSON.
#[derive(Subcommand)]
pub(super) enum Ask {
    /// Let a player join.
    Join(Player),
    /// Let a player leave.
    Leave(Player),
    /// Let a player die.
    Die(Player),
    /// Let a dead player respawn.
    Respawn(Player),
    /// Empty a player's inventory.
    Clear(Player),
    /// Show what a player has.
    Inventory(Player),
    /// Show who is online.
    Online(Port),
    /// Show what took effect, in order.
    Effects(Port),
    /// Show the lines received over RCON, in order.
    Lines(Port),
    /// Show the game's clock, in ticks.
    Ticks(Port),
    /// Let a player say something.
    Chat(Words),
    /// Write any line into the server's log.
    Log(Words),
    /// Rotate the server's log as at midnight.
    Rotate(Port),
    /// Save the world; a crash goes back to the last save.
    Save(Port),
    /// Restart the server: cleanly, or with `rollback` or `rollback-marks`.
    Restart(Words),
    /// Let something go wrong with the next lines.
    Fault(Fault),
}

#[derive(Args)]
pub(super) struct Port {
    /// The game's control port.
    #[arg(long, value_name = "ADDRESS")]
    control: SocketAddr,
}

#[derive(Args)]
pub(super) struct Player {
    /// The player's exact name.
    name: String,
    #[command(flatten)]
    port: Port,
}

#[derive(Args)]
pub(super) struct Words {
    /// The message, as one line.
    words: Vec<String>,
    #[command(flatten)]
    port: Port,
}

#[derive(Args)]
pub(super) struct Fault {
    /// lose-reply, close, garbage or delay=MILLISECONDS.
    kind: String,
    /// The number of lines.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    times: u32,
    /// Only lines that contain this.
    #[arg(long, value_name = "TEXT", default_value = "")]
    on: String,
    #[command(flatten)]
    port: Port,
}

pub(super) async fn run(ask: &Ask) -> Result<(), Error> {
    let (Port { control: address }, line) = match ask {
        Ask::Join(player) => player.request("join"),
        Ask::Leave(player) => player.request("leave"),
        Ask::Die(player) => player.request("die"),
        Ask::Respawn(player) => player.request("respawn"),
        Ask::Clear(player) => player.request("clear"),
        Ask::Inventory(player) => player.request("inventory"),
        Ask::Online(port) => (port, "online".to_owned()),
        Ask::Effects(port) => (port, "effects".to_owned()),
        Ask::Lines(port) => (port, "lines".to_owned()),
        Ask::Ticks(port) => (port, "ticks".to_owned()),
        Ask::Chat(words) => words.request("chat"),
        Ask::Log(words) => words.request("log"),
        Ask::Rotate(port) => (port, "rotate".to_owned()),
        Ask::Save(port) => (port, "save".to_owned()),
        Ask::Restart(words) => words.request("restart"),
        Ask::Fault(fault) => (&fault.port, format!("fault {} {} {}", fault.kind, fault.times, fault.on)),
    };
    println!("{}", control::ask(*address, &line).await?);
    Ok(())
}

impl Player {
    fn request(&self, verb: &str) -> (&Port, String) {
        (&self.port, format!("{verb} {}", self.name))
    }
}

impl Words {
    fn request(&self, verb: &str) -> (&Port, String) {
        (&self.port, format!("{verb} {}", self.words.join(" ")))
    }
}
