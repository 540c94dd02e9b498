//! Answers: split into pieces, cut into segments, late or duplicated.

use flux_rcon::Outcome;
use flux_rcon::codec::{ID_REFUSED, KIND_COMMAND, KIND_LOGIN_REPLY, KIND_REPLY, Packet, REPLY_PIECE_UNITS};
use proptest::prelude::*;

use crate::fake_game::{FakeGame, logged_in};

fn text(outcome: Outcome) -> String {
    match outcome {
        Outcome::Replied(text) => text,
        other => panic!("no reply: {other:?}"),
    }
}

/// Answers one command with `pieces`, and expects a request for the end marker only where it is needed.
async fn answer(game: &mut FakeGame, pieces: Vec<String>) {
    let request = game.request().await;
    for piece in &pieces {
        game.reply(request.id, piece).await;
    }
    if pieces[0].encode_utf16().count() == REPLY_PIECE_UNITS {
        let end_marker = game.request().await;
        assert_ne!((end_marker.id, end_marker.kind), (request.id, KIND_COMMAND));
        game.reply(end_marker.id, "Unknown request 0").await;
    }
}

/// Splits an answer as vanilla does: into pieces of 4,096 UTF-16 units, each encoded on its own, so that a split character
/// becomes two question marks.
fn cut(reply: &str) -> Vec<String> {
    let units: Vec<u16> = reply.encode_utf16().collect();
    let piece = |units: &[u16]| char::decode_utf16(units.iter().copied()).map(|unit| unit.unwrap_or('?')).collect();
    if units.is_empty() { vec![String::new()] } else { units.chunks(REPLY_PIECE_UNITS).map(piece).collect() }
}

#[tokio::test]
async fn command_is_sent_as_one_packet_of_kind_2() {
    let (mut connection, mut game) = logged_in().await;
    let (outcome, ()) = tokio::join!(connection.run("give Steve diamond 5"), async {
        let request = game.request().await;
        assert_eq!((request.kind, &*request.text()), (KIND_COMMAND, "give Steve diamond 5"));
        game.reply(request.id, "Gave 5 [Diamond] to Steve").await;
    });
    assert_eq!(text(outcome), "Gave 5 [Diamond] to Steve");
    assert!(!connection.is_poisoned());
}

#[tokio::test]
async fn empty_reply_is_a_reply() {
    let (mut connection, mut game) = logged_in().await;
    let (outcome, ()) = tokio::join!(connection.run("say hello"), answer(&mut game, vec![String::new()]));
    assert_eq!(text(outcome), "");
}

#[tokio::test]
async fn connection_can_move_to_another_task() {
    let (mut connection, mut game) = logged_in().await;
    let task = tokio::spawn(async move { connection.run("list").await });
    answer(&mut game, vec!["nobody".to_owned()]).await;
    assert_eq!(text(task.await.unwrap()), "nobody");
}

#[tokio::test]
async fn reply_one_unit_short_of_full_needs_no_end_marker() {
    let (mut connection, mut game) = logged_in().await;
    let reply = "é".repeat(REPLY_PIECE_UNITS - 1);
    let (outcome, ()) = tokio::join!(connection.run("list"), answer(&mut game, cut(&reply)));
    assert_eq!(text(outcome), reply);
    assert!(game.is_quiet().await);
}

#[tokio::test]
async fn reply_of_exactly_4096_units_needs_an_end_marker() {
    let (mut connection, mut game) = logged_in().await;
    let reply = "x".repeat(REPLY_PIECE_UNITS);
    let (outcome, ()) = tokio::join!(connection.run("list"), answer(&mut game, vec![reply.clone()]));
    assert_eq!(text(outcome), reply);
    assert!(!connection.is_poisoned());
}

#[tokio::test]
async fn packet_longer_than_a_piece_is_a_whole_reply() {
    for length in [REPLY_PIECE_UNITS + 1, 4_109, 10 * REPLY_PIECE_UNITS] {
        let (mut connection, mut game) = logged_in().await;
        let reply = "x".repeat(length);
        let (outcome, ()) = tokio::join!(connection.run("help"), answer(&mut game, vec![reply.clone()]));
        assert_eq!(text(outcome), reply);
        assert!(game.is_quiet().await, "Cuberite closes the connection on an end marker");
        assert!(!connection.is_poisoned());
    }
}

#[tokio::test]
async fn end_marker_is_sent_after_the_first_piece_only() {
    let (mut connection, mut game) = logged_in().await;
    let (outcome, ()) = tokio::join!(connection.run("list"), async {
        let request = game.request().await;
        assert!(game.is_quiet().await);
        let pieces = cut(&"x".repeat(REPLY_PIECE_UNITS + 1));
        let (start, end) = (Packet::new(request.id, KIND_REPLY, &*pieces[0]).encode(), &pieces[1]);
        let (all_but_one, last) = start.split_at(start.len() - 1);
        game.bytes(all_but_one).await;
        assert!(game.is_quiet().await);
        game.bytes(last).await;
        let end_marker = game.request().await;
        game.reply(request.id, end).await;
        game.reply(end_marker.id, "Unknown request 0").await;
    });
    assert_eq!(text(outcome).len(), REPLY_PIECE_UNITS + 1);
}

#[tokio::test]
async fn end_marker_taken_for_a_login_completes_the_reply() {
    let (mut connection, mut game) = logged_in().await;
    let reply = "x".repeat(REPLY_PIECE_UNITS);
    let (outcome, ()) = tokio::join!(connection.run("list"), async {
        let request = game.request().await;
        game.reply(request.id, &reply).await;
        game.request().await;
        game.send(&Packet::new(ID_REFUSED, KIND_LOGIN_REPLY, "")).await;
    });
    assert_eq!(text(outcome), reply);
    assert!(connection.is_poisoned());
}

#[tokio::test]
async fn late_reply_to_an_earlier_command_is_dropped() {
    let (mut connection, mut game) = logged_in().await;
    let (first, id) = tokio::join!(connection.run("one"), async {
        let request = game.request().await;
        game.reply(request.id, "").await;
        game.reply(request.id, "late, before the next command").await;
        request.id
    });
    assert_eq!(text(first), "");
    let (second, ()) = tokio::join!(connection.run("two"), async {
        let request = game.request().await;
        game.reply(id, "late, after the next command").await;
        game.reply(request.id, "two").await;
    });
    assert_eq!(text(second), "two");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_reply_split_anywhere_is_read_whole(
        words in proptest::collection::vec("[a-z 0-9]{1,40}|[éßж世]{1,20}|[𝄞😀]{1,9}", 0..900),
        segments in proptest::collection::vec(1_usize..5000, 1..20),
    ) {
        let pieces = cut(&words.concat());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let outcome = runtime.block_on(async {
            let (mut connection, mut game) = logged_in().await;
            tokio::join!(connection.run("list"), answer_in_segments(&mut game, &pieces, &segments)).0
        });
        prop_assert_eq!(text(outcome), pieces.concat());
    }
}

/// Like [`answer`], in segments; the client reads each before the next is sent.
async fn answer_in_segments(game: &mut FakeGame, pieces: &[String], segments: &[usize]) {
    let request = game.request().await;
    let bytes: Vec<u8> =
        pieces.iter().flat_map(|piece| Packet::new(request.id, KIND_REPLY, &**piece).encode()).collect();
    let (mut rest, mut sizes) = (&*bytes, segments.iter().cycle());
    while let (Some(size), false) = (sizes.next(), rest.is_empty()) {
        let (segment, others) = rest.split_at((*size).min(rest.len()));
        game.bytes(segment).await;
        tokio::task::yield_now().await;
        rest = others;
    }
    if pieces[0].encode_utf16().count() == REPLY_PIECE_UNITS {
        let end_marker = game.request().await;
        game.reply(end_marker.id, "Unknown request 0").await;
    }
}
