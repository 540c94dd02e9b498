//! The game's RCON server through the client of `flux-rcon`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use std::time::Duration;

use flux_rcon::{ConnectError, Connection, Outcome, ReplyError, SendRejected, Timeouts};
use flux_testkit::Error;
use flux_testkit::game::{Fault, Flavour, Game, Restart, Settings};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const TIMEOUTS: Duration = Duration::from_secs(120);

struct Running {
    game: Game,
    address: String,
    server: JoinHandle<Result<(), Error>>,
}

/// A game with Steve online.
async fn start(settings: Settings) -> Running {
    let game = Game::new(settings).unwrap();
    game.join("Steve").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = tokio::spawn({
        let game = game.clone();
        async move { game.serve(listener, std::future::pending()).await }
    });
    Running { game, address, server }
}

async fn started() -> Running {
    start(Settings::new("secret")).await
}

impl Running {
    async fn connect(&self) -> Connection {
        Connection::open(&self.address, &"secret".into(), Timeouts::each(TIMEOUTS)).await.unwrap()
    }
}

async fn reply(connection: &mut Connection, line: &str) -> String {
    match connection.run(line).await {
        Outcome::Replied(text) => text,
        other => panic!("{line}: {other:?}"),
    }
}

#[tokio::test]
async fn line_runs_once_and_its_answer_is_returned() {
    let running = started().await;
    let mut connection = running.connect().await;
    assert_eq!(reply(&mut connection, "give Steve diamond 5").await, "Gave 5 [Diamond] to Steve");
    assert_eq!(reply(&mut connection, "say hi").await, "");
    assert_eq!(running.game.inventory("Steve")["diamond"], 5);
    assert_eq!(running.game.lines(), ["give Steve diamond 5", "say hi"]);
    assert_eq!(running.game.effects().len(), 2);
}

#[tokio::test]
async fn wrong_password_is_reported() {
    let running = started().await;
    let result = Connection::open(&running.address, &"wrong".into(), Timeouts::each(TIMEOUTS)).await;
    assert!(matches!(result, Err(ConnectError::WrongPassword)));
}

#[tokio::test]
async fn long_list_arrives_whole_also_at_exactly_4096_units() {
    let running = start(Settings { max_players: 200, ..Settings::new("secret") }).await;
    let mut connection = running.connect().await;
    // The sentence has 45 characters; each of 73 players takes the name, 39 for its UUID and 2 for the comma except the first: 1,060 are left.
    running.game.leave("Steve").unwrap();
    for number in 0..73 {
        let length = if number < 38 { 15 } else { 14 };
        running.game.join(&format!("{number:A>length$}")).unwrap();
    }
    let full = reply(&mut connection, "list uuids").await;
    assert_eq!(full.len(), 4096);
    running.game.join("Steve").unwrap();
    let longer = reply(&mut connection, "list uuids").await;
    assert!(longer.len() > 4096 && longer.ends_with(", Steve (5627dd98-e6be-3c21-b8a8-e92344183641)"));
    assert_eq!(running.game.lines(), ["list uuids"; 2], "the marker is no command");
}

#[tokio::test]
async fn lost_reply_leaves_outcome_unknown_and_items_given() {
    let running = started().await;
    running.game.faults().on("give", 1, Fault::LoseReplyAfterRunning);
    let mut connection = running.connect().await;
    reply(&mut connection, "list").await;
    let outcome = connection.run("give Steve diamond").await;
    assert!(matches!(outcome, Outcome::Unknown(ReplyError::Closed)));
    assert_eq!(running.game.inventory("Steve")["diamond"], 1);
    assert_eq!(reply(&mut running.connect().await, "give Steve diamond").await, "Gave 1 [Diamond] to Steve");
}

#[tokio::test]
async fn close_before_running_leaves_outcome_unknown_and_no_items() {
    let running = started().await;
    running.game.faults().once(Fault::CloseBeforeRunning);
    let outcome = running.connect().await.run("give Steve diamond").await;
    assert!(matches!(outcome, Outcome::Unknown(ReplyError::Closed)));
    assert!(running.game.inventory("Steve").is_empty());
    assert_eq!(running.game.lines().len(), 1);
}

#[tokio::test]
async fn garbage_answer_leaves_the_outcome_unknown() {
    let running = started().await;
    running.game.faults().once(Fault::Garbage);
    let outcome = running.connect().await.run("give Steve diamond").await;
    assert!(matches!(outcome, Outcome::Unknown(ReplyError::Garbage(_))));
    assert_eq!(running.game.inventory("Steve")["diamond"], 1);
}

#[tokio::test]
async fn frozen_game_runs_the_old_clients_line_first() {
    let running = started().await;
    running.game.faults().once(Fault::Delay(Duration::from_millis(50)));
    let mut impatient = running.connect().await;
    tokio::select! {
        biased;
        () = running.game.until(|world| world.lines().count() == 1) => {}
        outcome = impatient.run("give Steve diamond") => panic!("answered by a frozen game: {outcome:?}"),
    }
    drop(impatient);
    reply(&mut running.connect().await, "list").await;
    assert_eq!(running.game.inventory("Steve")["diamond"], 1);
}

#[tokio::test]
async fn until_waits_for_a_state() {
    let running = started().await;
    let mut connection = running.connect().await;
    let has_diamonds =
        running.game.until(|world| world.player("Steve").is_some_and(|steve| steve.inventory.contains_key("diamond")));
    let (text, ()) = tokio::join!(reply(&mut connection, "give Steve diamond"), has_diamonds);
    assert_eq!(text, "Gave 1 [Diamond] to Steve");
}

#[tokio::test]
async fn stop_answers_and_then_closes_every_connection() {
    let running = started().await;
    let (mut one, mut other) = (running.connect().await, running.connect().await);
    assert_eq!(reply(&mut one, "stop").await, "Stopping the server");
    running.server.await.unwrap().unwrap();
    assert!(matches!(other.run("list").await, Outcome::NotSent(SendRejected::Closed)));
    let refused = Connection::open(&running.address, &"secret".into(), Timeouts::each(TIMEOUTS)).await;
    assert!(matches!(refused, Err(ConnectError::Unreachable { .. })));
}

#[tokio::test]
async fn shutdown_ends_the_server_without_a_client_asking() {
    let game = Game::new(Settings::new("secret")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    game.serve(listener, std::future::ready(())).await.unwrap();
}

#[tokio::test]
async fn world_is_saved_before_the_answer_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { world_file: Some(folder.path().join("world.json")), ..Settings::new("secret") };
    let running = start(settings.clone()).await;
    let mut connection = running.connect().await;
    reply(&mut connection, "execute store success storage flux:proof a_1 byte 1 run give Steve diamond 5").await;
    reply(&mut connection, "experience add Steve 7 levels").await;
    // The file is read while the first game still runs, as if the game had been killed at this moment.
    let again = Game::new(settings).unwrap();
    assert_eq!(again.online(), ["Steve"]);
    assert_eq!(again.inventory("Steve")["diamond"], 5);
    again.world(|world| {
        assert_eq!(world.player("Steve").unwrap().levels, 7);
        assert_eq!(world.stored("flux:proof", "a_1"), Some(1));
        assert_eq!(world.effects_total(), 2);
    });
}

#[tokio::test]
async fn game_ends_without_an_answer_if_its_world_cannot_be_saved() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("worlds");
    std::fs::create_dir(&place).unwrap();
    let running = start(Settings { world_file: Some(place.join("world.json")), ..Settings::new("secret") }).await;
    let mut connection = running.connect().await;
    std::fs::remove_dir_all(&place).unwrap();
    assert!(matches!(connection.run("give Steve diamond").await, Outcome::Unknown(_)));
    assert!(matches!(running.server.await.unwrap(), Err(Error::World { .. })));
}

/// Sends two lines on two connections while the main thread is frozen; returns both answers.
async fn two_at_once(flavour: Flavour) -> [String; 2] {
    let running = start(Settings { flavour, ..Settings::new("secret") }).await;
    let (mut one, mut other) = (running.connect().await, running.connect().await);
    running.game.faults().once(Fault::Delay(Duration::from_millis(100)));
    let second = async {
        running.game.until(|world| world.lines().count() == 1).await;
        reply(&mut other, "give Steve apple").await
    };
    tokio::join!(reply(&mut one, "give Steve diamond"), second).into()
}

#[tokio::test]
async fn vanilla_mixes_replies_of_two_connections() {
    let [first, second] = two_at_once(Flavour::Vanilla).await;
    assert_eq!(first, "Gave 1 [Diamond] to SteveGave 1 [Apple] to Steve");
    assert!(second.contains("Gave 1 [Apple] to Steve"), "{second}");
}

#[tokio::test]
async fn paper_keeps_replies_apart() {
    let expected = ["Gave 1 [Diamond] to Steve", "Gave 1 [Apple] to Steve"];
    assert_eq!(two_at_once(Flavour::Paper).await, expected);
}

#[tokio::test(start_paused = true)]
async fn silent_command_gets_no_packet_on_a_silent_server() {
    let running = start(Settings { silent: true, ..Settings::new("secret") }).await;
    let mut connection = running.connect().await;
    assert_eq!(reply(&mut connection, "say hello").await, "", "the client finds out by a line that is answered");
    assert_eq!(running.game.effects().len(), 1);
    assert_eq!(running.game.lines(), ["say hello", "list"]);
    assert_eq!(reply(&mut connection, "give Steve diamond").await, "Gave 1 [Diamond] to Steve");
}

/// Runs a marked give before and after a save, and restarts.
async fn restarted(kind: Restart) -> Running {
    let running = started().await;
    let mut connection = running.connect().await;
    reply(&mut connection, "execute store success storage flux:proof a byte 1 run give Steve diamond").await;
    running.game.save().unwrap();
    reply(&mut connection, "execute store success storage flux:proof b byte 1 run give Steve diamond").await;
    running.game.restart(kind).unwrap();
    // The client learns of the end only when the runtime polls the socket.
    let after = connection.run("list").await;
    assert!(matches!(after, Outcome::NotSent(_) | Outcome::Unknown(_)), "{after:?}");
    assert!(running.game.online().is_empty());
    let mut again = running.connect().await;
    assert_eq!(reply(&mut again, "give Steve diamond").await, "No player was found");
    running
}

#[tokio::test]
async fn clean_restart_keeps_the_world_with_nobody_online() {
    let running = restarted(Restart::Clean).await;
    assert_eq!(running.game.inventory("Steve")["diamond"], 2);
    assert_eq!(running.game.world(|world| world.stored("flux:proof", "b")), Some(1));
}

#[tokio::test]
async fn crash_loses_unsaved_state_and_maybe_only_the_markers() {
    let running = restarted(Restart::RolledBack).await;
    assert_eq!(running.game.inventory("Steve")["diamond"], 1);
    assert_eq!(running.game.world(|world| world.stored("flux:proof", "b")), None);
    let running = restarted(Restart::MarksRolledBack).await;
    assert_eq!(running.game.inventory("Steve")["diamond"], 2);
    let marks = ["a", "b"].map(|key| running.game.world(|world| world.stored("flux:proof", key)));
    assert_eq!(marks, [Some(1), None]);
}

#[tokio::test]
async fn log_has_joins_chat_rcon_commands_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("logs/latest.log");
    let running = start(Settings { log_file: Some(path.clone()), ..Settings::new("secret") }).await;
    let mut connection = running.connect().await;
    reply(&mut connection, "give Steve diamond").await;
    reply(&mut connection, "give Alex diamond").await;
    reply(&mut connection, "say hello").await;
    running.game.chat("Steve", "Alex joined the game").unwrap();
    running.game.leave("Steve").unwrap();
    let log = std::fs::read_to_string(&path).unwrap();
    let logged: Vec<&str> = log.lines().skip(4).map(|line| line.split_once("]: ").unwrap().1).collect();
    assert_eq!(
        logged,
        [
            "Steve joined the game",
            "[Rcon: Gave 1 [Diamond] to Steve]",
            "<Steve> Alex joined the game",
            "Steve lost connection: Disconnected",
            "Steve left the game"
        ]
    );
    running.game.restart(Restart::Clean).unwrap();
    let log = std::fs::read_to_string(&path).unwrap();
    assert!(log.contains("Done (") && !log.contains("Steve"), "{log}");
}

#[test]
fn a_damaged_world_file_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.json");
    std::fs::write(&path, "{\"players\":").unwrap();
    let result = Game::new(Settings { world_file: Some(path.clone()), ..Settings::new("secret") });
    assert!(matches!(result, Err(Error::WorldDamaged { .. })));
    assert_eq!(std::fs::read_to_string(path).unwrap(), "{\"players\":");
}
