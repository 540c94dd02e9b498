use flux_rcon::Outcome;
use flux_rcon::codec::{ID_REFUSED, KIND_COMMAND, KIND_LOGIN_REPLY, KIND_REPLY, Packet, REPLY_PIECE_UNITS};
use proptest::prelude::*;

use crate::peer::{Peer, logged_in};

fn text(outcome: Outcome) -> String {
    match outcome {
        Outcome::Replied(text) => text,
        other => panic!("no reply: {other:?}"),
    }
}

/// Answers one line with `pieces`, whose last one vanilla would not cut further, and expects a marker only where it is needed.
async fn answer(peer: &mut Peer, pieces: Vec<String>) {
    let request = peer.request().await;
    for piece in &pieces {
        peer.reply(request.id, piece).await;
    }
    if pieces[0].encode_utf16().count() >= REPLY_PIECE_UNITS {
        let marker = peer.request().await;
        assert_ne!((marker.id, marker.kind), (request.id, KIND_COMMAND));
        peer.reply(marker.id, "Unknown request 0").await;
    }
}

/// What vanilla sends: 4,096 UTF-16 units apiece, each encoded by itself, so that a character cut in two becomes two question marks.
fn cut(reply: &str) -> Vec<String> {
    let units: Vec<u16> = reply.encode_utf16().collect();
    let piece = |units: &[u16]| char::decode_utf16(units.iter().copied()).map(|unit| unit.unwrap_or('?')).collect();
    if units.is_empty() { vec![String::new()] } else { units.chunks(REPLY_PIECE_UNITS).map(piece).collect() }
}

#[tokio::test]
async fn a_line_goes_out_as_one_packet_of_type_2_in_one_read() {
    let (mut connection, mut peer) = logged_in().await;
    let (outcome, ()) = tokio::join!(connection.run("give Steve diamond 5"), async {
        let request = peer.request().await;
        assert_eq!((request.kind, &*request.text()), (KIND_COMMAND, "give Steve diamond 5"));
        peer.reply(request.id, "Gave 5 [Diamond] to Steve").await;
    });
    assert_eq!(text(outcome), "Gave 5 [Diamond] to Steve");
    assert!(!connection.is_poisoned());
}

#[tokio::test]
async fn an_empty_reply_is_a_reply() {
    let (mut connection, mut peer) = logged_in().await;
    let (outcome, ()) = tokio::join!(connection.run("say hello"), answer(&mut peer, vec![String::new()]));
    assert_eq!(text(outcome), "");
}

#[tokio::test]
async fn a_connection_can_live_in_a_task_of_its_own() {
    let (mut connection, mut peer) = logged_in().await;
    let task = tokio::spawn(async move { connection.run("list").await });
    answer(&mut peer, vec!["nobody".to_owned()]).await;
    assert_eq!(text(task.await.unwrap()), "nobody");
}

#[tokio::test]
async fn a_reply_one_unit_short_of_full_needs_no_marker() {
    let (mut connection, mut peer) = logged_in().await;
    let reply = "é".repeat(REPLY_PIECE_UNITS - 1);
    let (outcome, ()) = tokio::join!(connection.run("list"), answer(&mut peer, cut(&reply)));
    assert_eq!(text(outcome), reply);
    assert!(peer.is_quiet().await);
}

#[tokio::test]
async fn a_reply_of_exactly_4096_units_is_ended_by_the_marker() {
    let (mut connection, mut peer) = logged_in().await;
    let reply = "x".repeat(REPLY_PIECE_UNITS);
    let (outcome, ()) = tokio::join!(connection.run("list"), answer(&mut peer, vec![reply.clone()]));
    assert_eq!(text(outcome), reply);
    assert!(!connection.is_poisoned());
}

#[tokio::test]
async fn the_marker_is_not_sent_before_the_first_piece_was_read() {
    let (mut connection, mut peer) = logged_in().await;
    let (outcome, ()) = tokio::join!(connection.run("list"), async {
        let request = peer.request().await;
        assert!(peer.is_quiet().await);
        let pieces = cut(&"x".repeat(REPLY_PIECE_UNITS + 1));
        let (start, end) = (Packet::new(request.id, KIND_REPLY, &*pieces[0]).encode(), &pieces[1]);
        let (all_but_one, last) = start.split_at(start.len() - 1);
        peer.bytes(all_but_one).await;
        assert!(peer.is_quiet().await);
        peer.bytes(last).await;
        let marker = peer.request().await;
        peer.reply(request.id, end).await;
        peer.reply(marker.id, "Unknown request 0").await;
    });
    assert_eq!(text(outcome).len(), REPLY_PIECE_UNITS + 1);
}

#[tokio::test]
async fn a_server_that_takes_the_marker_for_a_login_has_given_its_whole_reply() {
    let (mut connection, mut peer) = logged_in().await;
    let reply = "x".repeat(REPLY_PIECE_UNITS + 10);
    let (outcome, ()) = tokio::join!(connection.run("list"), async {
        let request = peer.request().await;
        peer.reply(request.id, &reply).await;
        peer.request().await;
        peer.send(&Packet::new(ID_REFUSED, KIND_LOGIN_REPLY, "")).await;
    });
    assert_eq!(text(outcome), reply);
    assert!(connection.is_poisoned());
}

#[tokio::test]
async fn a_second_reply_to_an_earlier_line_is_dropped_whenever_it_comes() {
    let (mut connection, mut peer) = logged_in().await;
    let (first, id) = tokio::join!(connection.run("one"), async {
        let request = peer.request().await;
        peer.reply(request.id, "").await;
        peer.reply(request.id, "late, before the next line").await;
        request.id
    });
    assert_eq!(text(first), "");
    let (second, ()) = tokio::join!(connection.run("two"), async {
        let request = peer.request().await;
        peer.reply(id, "late, after the next line").await;
        peer.reply(request.id, "two").await;
    });
    assert_eq!(text(second), "two");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_reply_cut_anywhere_is_read_whole(
        words in proptest::collection::vec("[a-z 0-9]{1,40}|[éßж世]{1,20}|[𝄞😀]{1,9}", 0..900),
        segments in proptest::collection::vec(1_usize..5000, 1..20),
    ) {
        let pieces = cut(&words.concat());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let outcome = runtime.block_on(async {
            let (mut connection, mut peer) = logged_in().await;
            tokio::join!(connection.run("list"), answer_in_segments(&mut peer, &pieces, &segments)).0
        });
        prop_assert_eq!(text(outcome), pieces.concat());
    }
}

/// Like [`answer`], a segment at a time, each taken by the client before the next is sent.
async fn answer_in_segments(peer: &mut Peer, pieces: &[String], segments: &[usize]) {
    let request = peer.request().await;
    let bytes: Vec<u8> =
        pieces.iter().flat_map(|piece| Packet::new(request.id, KIND_REPLY, &**piece).encode()).collect();
    let (mut rest, mut sizes) = (&*bytes, segments.iter().cycle());
    while let (Some(size), false) = (sizes.next(), rest.is_empty()) {
        let (segment, others) = rest.split_at((*size).min(rest.len()));
        peer.bytes(segment).await;
        tokio::task::yield_now().await;
        rest = others;
    }
    if pieces[0].encode_utf16().count() >= REPLY_PIECE_UNITS {
        let marker = peer.request().await;
        peer.reply(marker.id, "Unknown request 0").await;
    }
}
