//! Further facts about games' RCON servers, one test each; the other files have those about logins, replies and failures.

use flux_rcon::Outcome;
use flux_rcon::codec::{KIND_COMMAND, KIND_REPLY, Packet, REPLY_PIECE_UNITS};
use tokio::time::Duration;

use crate::peer::{Peer, logged_in};

/// Runs "list" against a game that does as `script` says.
async fn answered_by(script: impl AsyncFnOnce(&mut Peer, Packet)) -> (String, bool) {
    let (mut connection, mut peer) = logged_in().await;
    let (outcome, ()) = tokio::join!(connection.run("list"), async {
        let request = peer.request().await;
        script(&mut peer, request).await;
    });
    match outcome {
        Outcome::Replied(text) => (text, connection.is_poisoned()),
        other => panic!("no reply: {other:?}"),
    }
}

#[tokio::test]
async fn a_full_piece_of_three_byte_characters_is_one_packet_of_12298_bytes_and_is_read() {
    let piece = "世".repeat(REPLY_PIECE_UNITS);
    let (text, poisoned) = answered_by(async |peer, request| {
        let packet = Packet::new(request.id, KIND_REPLY, &*piece).encode();
        assert_eq!(packet.len(), 4 + 12_298);
        peer.bytes(&packet).await;
        let marker = peer.request().await;
        peer.reply(marker.id, "Unknown request 0").await;
    })
    .await;
    assert_eq!((text, poisoned), (piece, false));
}

#[tokio::test]
async fn a_reply_of_two_full_pieces_has_no_third_and_is_whole() {
    let piece = "x".repeat(REPLY_PIECE_UNITS);
    let (text, poisoned) = answered_by(async |peer, request| {
        peer.reply(request.id, &piece).await;
        peer.reply(request.id, &piece).await;
        let marker = peer.request().await;
        peer.reply(marker.id, "Unknown request 0").await;
    })
    .await;
    assert_eq!((text.len(), poisoned), (2 * REPLY_PIECE_UNITS, false));
}

#[tokio::test]
async fn the_length_of_a_piece_counts_in_utf_16_units_and_not_in_bytes() {
    // 4,095 units and 8,190 bytes: no marker is due.
    let piece = "é".repeat(REPLY_PIECE_UNITS - 1);
    let (text, _) = answered_by(async |peer, request| {
        peer.reply(request.id, &piece).await;
        assert!(peer.is_quiet().await);
    })
    .await;
    assert_eq!(text, piece);
}

#[tokio::test]
async fn a_character_that_vanilla_has_cut_in_two_arrives_as_two_question_marks() {
    let start = "x".repeat(REPLY_PIECE_UNITS - 1) + "?";
    let (text, _) = answered_by(async |peer, request| {
        peer.reply(request.id, &start).await;
        let marker = peer.request().await;
        peer.reply(request.id, "?!").await;
        peer.reply(marker.id, "Unknown request 0").await;
    })
    .await;
    assert!(text.ends_with("x??!"));
}

#[tokio::test]
async fn an_answer_that_is_not_utf_8_is_an_answer() {
    let (text, poisoned) = answered_by(async |peer, request| {
        peer.send(&Packet::new(request.id, KIND_REPLY, b"Gave 1 \xff".to_vec())).await;
    })
    .await;
    assert_eq!((&*text, poisoned), ("Gave 1 \u{fffd}", false));
}

#[tokio::test]
async fn colours_and_newlines_of_plugins_come_through_untouched() {
    let (text, _) =
        answered_by(async |peer, request| peer.reply(request.id, "§cError: §4Player not found.\n").await).await;
    assert_eq!(text, "§cError: §4Player not found.\n");
}

#[tokio::test]
async fn a_line_goes_out_in_utf_8() {
    let (mut connection, mut peer) = logged_in().await;
    let (outcome, ()) = tokio::join!(connection.run("say привет 😀"), async {
        let request = peer.request().await;
        assert_eq!((request.kind, &*request.body), (KIND_COMMAND, "say привет 😀".as_bytes()));
        peer.reply(request.id, "").await;
    });
    assert!(matches!(outcome, Outcome::Replied(text) if text.is_empty()));
}

#[tokio::test]
async fn the_unasked_rest_of_a_game_that_sends_a_packet_per_message_does_no_harm() {
    let (mut connection, mut peer) = logged_in().await;
    for line in ["first", "second"] {
        let (outcome, ()) = tokio::join!(connection.run(line), async {
            let request = peer.request().await;
            for message in [line, "more", "and more"] {
                peer.reply(request.id, message).await;
            }
        });
        assert!(matches!(outcome, Outcome::Replied(text) if text == line));
    }
    assert!(!connection.is_poisoned());
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_uses_stays_silent_and_good() {
    let (mut connection, mut peer) = logged_in().await;
    tokio::time::advance(Duration::from_secs(24 * 3600)).await;
    assert!(peer.is_quiet().await, "no game needs to be kept awake");
    let (outcome, ()) = tokio::join!(connection.run("list"), async {
        let request = peer.request().await;
        peer.reply(request.id, "nobody").await;
    });
    assert!(matches!(outcome, Outcome::Replied(text) if text == "nobody"));
}
