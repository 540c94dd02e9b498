//! The quirks of vanilla's RCON server on a bare socket.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use flux_rcon::codec::{
    Decoder, ID_REFUSED, KIND_COMMAND, KIND_LOGIN, KIND_LOGIN_REPLY, KIND_REPLY, Packet, REQUEST_READ_BYTES,
};
use flux_testkit::game::{Game, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A game with Steve online, and a connection that is not logged in.
async fn connected() -> (Game, TcpStream) {
    let game = Game::new(Settings::new("secret")).unwrap();
    game.join("Steve").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = game.clone();
    tokio::spawn(async move { server.serve(listener, std::future::pending()).await });
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    (game, stream)
}

async fn logged_in() -> (Game, TcpStream) {
    let (game, mut stream) = connected().await;
    assert_eq!(ask(&mut stream, &Packet::new(7, KIND_LOGIN, "secret")).await, Packet::new(7, KIND_LOGIN_REPLY, ""));
    (game, stream)
}

async fn ask(stream: &mut TcpStream, packet: &Packet) -> Packet {
    stream.write_all(&packet.encode()).await.unwrap();
    let mut decoder = Decoder::default();
    loop {
        if let Some(packet) = decoder.next_packet().unwrap() {
            return packet;
        }
        let mut bytes = [0; 4096];
        let count = stream.read(&mut bytes).await.unwrap();
        assert!(count > 0, "closed instead of answered");
        decoder.feed(&bytes[..count]);
    }
}

/// Waits for the end of the connection, which may be a reset.
async fn is_closed_without_a_word(stream: &mut TcpStream) -> bool {
    stream.read(&mut [0; 1]).await.unwrap_or(0) == 0
}

#[tokio::test]
async fn two_requests_in_one_segment_close_the_connection() {
    let (game, mut stream) = logged_in().await;
    let two = [
        Packet::new(8, KIND_COMMAND, "give Steve diamond").encode(),
        Packet::new(9, KIND_COMMAND, "give Steve apple").encode(),
    ];
    stream.write_all(&two.concat()).await.unwrap();
    assert!(is_closed_without_a_word(&mut stream).await);
    assert!(game.lines().is_empty() && game.effects().is_empty());
}

#[tokio::test]
async fn split_request_closes_the_connection_and_does_not_run() {
    let (game, mut stream) = logged_in().await;
    let request = Packet::new(8, KIND_COMMAND, "give Steve diamond").encode();
    stream.write_all(&request[..request.len() - 3]).await.unwrap();
    assert!(is_closed_without_a_word(&mut stream).await);
    assert!(game.lines().is_empty() && game.effects().is_empty());
}

#[tokio::test]
async fn request_of_1460_bytes_runs_and_a_longer_one_closes() {
    let (game, mut stream) = logged_in().await;
    let longest = format!("say {}", "x".repeat(REQUEST_READ_BYTES - 14 - 4));
    assert_eq!(ask(&mut stream, &Packet::new(8, KIND_COMMAND, &*longest)).await, Packet::new(8, KIND_REPLY, ""));
    stream.write_all(&Packet::new(9, KIND_COMMAND, longest + "x").encode()).await.unwrap();
    assert!(is_closed_without_a_word(&mut stream).await);
    assert_eq!(game.lines().len(), 1);
}

#[tokio::test]
async fn command_before_login_is_refused_and_connection_kept() {
    let (game, mut stream) = connected().await;
    let refused = Packet::new(ID_REFUSED, KIND_LOGIN_REPLY, "");
    assert_eq!(ask(&mut stream, &Packet::new(1, KIND_COMMAND, "give Steve diamond")).await, refused);
    assert_eq!(ask(&mut stream, &Packet::new(2, KIND_LOGIN, "wrong")).await, refused);
    assert_eq!(ask(&mut stream, &Packet::new(3, KIND_LOGIN, "secret")).await, Packet::new(3, KIND_LOGIN_REPLY, ""));
    assert!(game.lines().is_empty());
}

#[tokio::test]
async fn wrong_login_ends_an_earlier_login() {
    let (game, mut stream) = logged_in().await;
    let refused = Packet::new(ID_REFUSED, KIND_LOGIN_REPLY, "");
    assert_eq!(ask(&mut stream, &Packet::new(8, KIND_LOGIN, "wrong")).await, refused);
    assert_eq!(ask(&mut stream, &Packet::new(9, KIND_COMMAND, "give Steve diamond")).await, refused);
    assert!(game.effects().is_empty());
}

#[tokio::test]
async fn unknown_packet_kind_is_answered_in_hexadecimal() {
    let (_game, mut stream) = logged_in().await;
    for (kind, text) in [(0, "Unknown request 0"), (100, "Unknown request 64"), (-1, "Unknown request ffffffff")] {
        assert_eq!(ask(&mut stream, &Packet::new(8, kind, "")).await, Packet::new(8, KIND_REPLY, text));
    }
}

#[tokio::test]
async fn a_leading_slash_is_allowed() {
    let (_game, mut stream) = logged_in().await;
    assert_eq!(
        ask(&mut stream, &Packet::new(8, KIND_COMMAND, "/give Steve diamond")).await.text(),
        "Gave 1 [Diamond] to Steve"
    );
}
