//! Further quirks of RCON servers; those of logins, replies and failures are in the other files.

use flux_rcon::Outcome;
use flux_rcon::codec::{KIND_COMMAND, KIND_REPLY, Packet, REPLY_PIECE_UNITS};
use tokio::time::Duration;

use crate::fake_game::{FakeGame, logged_in};

/// Runs "list" against a scripted game; returns its answer and whether the connection is poisoned.
async fn answered_by(script: impl AsyncFnOnce(&mut FakeGame, Packet)) -> (String, bool) {
    let (mut connection, mut game) = logged_in().await;
    let (outcome, ()) = tokio::join!(connection.run("list"), async {
        let request = game.request().await;
        script(&mut game, request).await;
    });
    match outcome {
        Outcome::Replied(text) => (text, connection.is_poisoned()),
        other => panic!("no reply: {other:?}"),
    }
}

#[tokio::test]
async fn largest_vanilla_packet_of_12298_bytes_is_read() {
    let piece = "世".repeat(REPLY_PIECE_UNITS);
    let (text, poisoned) = answered_by(async |game, request| {
        let packet = Packet::new(request.id, KIND_REPLY, &*piece).encode();
        assert_eq!(packet.len(), 4 + 12_298);
        game.bytes(&packet).await;
        let marker = game.request().await;
        game.reply(marker.id, "Unknown request 0").await;
    })
    .await;
    assert_eq!((text, poisoned), (piece, false));
}

#[tokio::test]
async fn reply_of_exactly_two_full_pieces_is_complete() {
    let piece = "x".repeat(REPLY_PIECE_UNITS);
    let (text, poisoned) = answered_by(async |game, request| {
        game.reply(request.id, &piece).await;
        game.reply(request.id, &piece).await;
        let marker = game.request().await;
        game.reply(marker.id, "Unknown request 0").await;
    })
    .await;
    assert_eq!((text.len(), poisoned), (2 * REPLY_PIECE_UNITS, false));
}

#[tokio::test]
async fn piece_length_counts_utf_16_units_not_bytes() {
    // 4,095 units in 8,190 bytes need no end marker.
    let piece = "é".repeat(REPLY_PIECE_UNITS - 1);
    let (text, _) = answered_by(async |game, request| {
        game.reply(request.id, &piece).await;
        assert!(game.is_quiet().await);
    })
    .await;
    assert_eq!(text, piece);
}

#[tokio::test]
async fn character_cut_by_vanilla_arrives_as_question_marks() {
    let start = "x".repeat(REPLY_PIECE_UNITS - 1) + "?";
    let (text, _) = answered_by(async |game, request| {
        game.reply(request.id, &start).await;
        let marker = game.request().await;
        game.reply(request.id, "?!").await;
        game.reply(marker.id, "Unknown request 0").await;
    })
    .await;
    assert!(text.ends_with("x??!"));
}

#[tokio::test]
async fn reply_with_invalid_utf_8_is_accepted() {
    let (text, poisoned) = answered_by(async |game, request| {
        game.send(&Packet::new(request.id, KIND_REPLY, b"Gave 1 \xff".to_vec())).await;
    })
    .await;
    assert_eq!((&*text, poisoned), ("Gave 1 \u{fffd}", false));
}

#[tokio::test]
async fn colour_codes_and_newlines_are_kept() {
    let (text, _) =
        answered_by(async |game, request| game.reply(request.id, "§cError: §4Player not found.\n").await).await;
    assert_eq!(text, "§cError: §4Player not found.\n");
}

#[tokio::test]
async fn command_is_sent_as_utf_8() {
    let (mut connection, mut game) = logged_in().await;
    let (outcome, ()) = tokio::join!(connection.run("say привет 😀"), async {
        let request = game.request().await;
        assert_eq!((request.kind, &*request.body), (KIND_COMMAND, "say привет 😀".as_bytes()));
        game.reply(request.id, "").await;
    });
    assert!(matches!(outcome, Outcome::Replied(text) if text.is_empty()));
}

#[tokio::test]
async fn extra_reply_packets_are_harmless() {
    let (mut connection, mut game) = logged_in().await;
    for command in ["first", "second"] {
        let (outcome, ()) = tokio::join!(connection.run(command), async {
            let request = game.request().await;
            for message in [command, "more", "and more"] {
                game.reply(request.id, message).await;
            }
        });
        assert!(matches!(outcome, Outcome::Replied(text) if text == command));
    }
    assert!(!connection.is_poisoned());
}

#[tokio::test(start_paused = true)]
async fn idle_connection_stays_silent_and_usable() {
    let (mut connection, mut game) = logged_in().await;
    tokio::time::advance(Duration::from_secs(24 * 3600)).await;
    assert!(game.is_quiet().await, "no game needs keep-alives");
    let (outcome, ()) = tokio::join!(connection.run("list"), async {
        let request = game.request().await;
        game.reply(request.id, "nobody").await;
    });
    assert!(matches!(outcome, Outcome::Replied(text) if text == "nobody"));
}
