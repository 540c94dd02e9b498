use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use flux_rcon::codec::{ID_REFUSED, KIND_LOGIN_REPLY, KIND_REPLY, Packet, REPLY_PIECE_UNITS};
use flux_rcon::{Connection, MAX_COMMAND_BYTES, MAX_REPLY_BYTES, Outcome, ReplyError, SendRejected, Timeouts};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio::time::{Duration, Instant};

use crate::peer::{Peer, TIMEOUT, logged_in};

/// Runs a line against a game that does as `script` says, and checks that the connection is given up afterwards.
async fn failing(script: impl AsyncFnOnce(&mut Peer, Packet)) -> Outcome {
    let (mut connection, mut peer) = logged_in().await;
    let (outcome, ()) = tokio::join!(connection.run("give Steve diamond"), async {
        let request = peer.request().await;
        script(&mut peer, request).await;
    });
    assert!(connection.is_poisoned());
    assert!(matches!(connection.run("list").await, Outcome::NotSent(SendRejected::Poisoned)));
    assert!(peer.is_quiet().await, "a poisoned connection sends nothing");
    outcome
}

#[tokio::test]
async fn lines_that_no_game_could_read_are_not_sent_and_do_no_harm() {
    let (mut connection, mut peer) = logged_in().await;
    for line in ["say a\0b", "say a\nb", "say a\rb"] {
        assert!(matches!(connection.run(line).await, Outcome::NotSent(SendRejected::ControlCharacter)));
    }
    let long = "é".repeat(MAX_COMMAND_BYTES / 2) + "x";
    assert!(matches!(connection.run(&long).await, Outcome::NotSent(SendRejected::TooLong { bytes: 1401 })));
    assert!(peer.is_quiet().await);
    let (outcome, ()) = tokio::join!(connection.run(&long[..MAX_COMMAND_BYTES]), async {
        let request = peer.request().await;
        peer.reply(request.id, "ok").await;
    });
    assert!(matches!(outcome, Outcome::Replied(text) if text == "ok"));
}

#[tokio::test(start_paused = true)]
async fn a_silent_game_leaves_the_outcome_unknown_after_the_first_byte_timeout() {
    let start = Instant::now();
    let outcome = failing(async |_, _| {}).await;
    assert!(matches!(outcome, Outcome::Unknown(ReplyError::NoReply)));
    assert_eq!(start.elapsed(), TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_never_ends_leaves_the_outcome_unknown() {
    let outcome = failing(async |peer, request| {
        let bytes = Packet::new(request.id, KIND_REPLY, "Gave 5").encode();
        peer.bytes(&bytes[..bytes.len() - 1]).await;
    });
    assert!(matches!(outcome.await, Outcome::Unknown(ReplyError::Incomplete)));
}

#[tokio::test(start_paused = true)]
async fn a_game_that_does_not_answer_the_marker_leaves_the_outcome_unknown() {
    let outcome = failing(async |peer, request| {
        peer.reply(request.id, &"x".repeat(REPLY_PIECE_UNITS)).await;
        peer.request().await;
    });
    assert!(matches!(outcome.await, Outcome::Unknown(ReplyError::Incomplete)));
}

#[tokio::test(start_paused = true)]
async fn a_trickle_does_not_extend_the_timeout_for_the_whole_reply() {
    let start = Instant::now();
    let outcome = failing(async |peer, request| {
        for byte in &Packet::new(request.id, KIND_REPLY, "x".repeat(100)).encode()[..50] {
            peer.bytes(&[*byte]).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    assert!(matches!(outcome.await, Outcome::Unknown(ReplyError::Incomplete)));
    assert!(start.elapsed() <= Duration::from_secs(50));
}

#[tokio::test]
async fn a_connection_closed_after_the_line_leaves_the_outcome_unknown() {
    let (mut connection, mut peer) = logged_in().await;
    let (outcome, _) = tokio::join!(connection.run("give Steve diamond"), async {
        peer.request().await;
        peer.0.shutdown().await
    });
    assert!(matches!(outcome, Outcome::Unknown(ReplyError::Closed)));
    assert!(connection.is_poisoned());
}

#[tokio::test]
async fn a_connection_closed_before_the_line_means_that_it_was_not_sent() {
    let (mut connection, peer) = logged_in().await;
    drop(peer);
    assert!(matches!(connection.run("give Steve diamond").await, Outcome::NotSent(SendRejected::Closed)));
    assert!(connection.is_poisoned());
}

#[tokio::test]
async fn a_game_that_says_we_are_not_logged_in_has_not_run_the_line() {
    let outcome = failing(async |peer, _| peer.send(&Packet::new(ID_REFUSED, KIND_LOGIN_REPLY, "")).await).await;
    assert!(matches!(outcome, Outcome::Rejected));
}

#[tokio::test]
async fn minus_1_that_is_no_answer_to_a_login_does_not_count_as_rejected() {
    let outcome = failing(async |peer, _| peer.send(&Packet::new(ID_REFUSED, KIND_REPLY, "")).await).await;
    assert!(matches!(outcome, Outcome::Unknown(ReplyError::WrongId(ID_REFUSED))));
}

#[tokio::test]
async fn a_refusal_that_came_before_the_line_is_not_taken_for_its_answer() {
    let (mut connection, mut peer) = logged_in().await;
    peer.send(&Packet::new(ID_REFUSED, KIND_LOGIN_REPLY, "")).await;
    assert!(matches!(connection.run("give Steve diamond").await, Outcome::NotSent(SendRejected::Unexpected)));
    assert!(peer.is_quiet().await);
}

#[tokio::test]
async fn half_a_packet_before_the_line_means_that_it_is_not_sent() {
    let (mut connection, mut peer) = logged_in().await;
    peer.bytes(&[10, 0, 0, 0, 255]).await;
    assert!(matches!(connection.run("give Steve diamond").await, Outcome::NotSent(SendRejected::Unexpected)));
    assert!(connection.is_poisoned());
}

#[tokio::test]
async fn an_answer_to_a_request_never_made_leaves_the_outcome_unknown() {
    let outcome = failing(async |peer, request| peer.reply(request.id + 1, "whose?").await).await;
    assert!(matches!(outcome, Outcome::Unknown(ReplyError::WrongId(_))));
}

#[tokio::test]
async fn garbage_leaves_the_outcome_unknown() {
    let outcome = failing(async |peer, _| peer.bytes(&[0xff; 20]).await).await;
    assert!(matches!(outcome, Outcome::Unknown(ReplyError::Garbage(_))));
}

#[tokio::test]
async fn an_endless_reply_is_cut_off() {
    let (mut connection, mut peer) = logged_in().await;
    let piece = "x".repeat(REPLY_PIECE_UNITS);
    let (outcome, ()) = tokio::join!(connection.run("list"), async {
        let request = peer.request().await;
        for _ in 0..=MAX_REPLY_BYTES / REPLY_PIECE_UNITS {
            peer.reply(request.id, &piece).await;
        }
    });
    assert!(matches!(outcome, Outcome::Unknown(ReplyError::TooLong)));
    assert!(connection.is_poisoned());
}

#[tokio::test]
async fn a_caller_who_goes_away_midway_poisons_the_connection() {
    let (mut connection, mut peer) = logged_in().await;
    tokio::select! {
        biased;
        outcome = connection.run("give Steve diamond") => panic!("nobody answered, and yet {outcome:?}"),
        request = peer.request() => assert_eq!(request.text(), "give Steve diamond"),
    }
    assert!(connection.is_poisoned());
    assert!(matches!(connection.run("list").await, Outcome::NotSent(SendRejected::Poisoned)));
}

/// The login with the password "pw".
const LOGIN_BYTES: usize = 16;

#[tokio::test]
async fn a_packet_of_which_only_a_part_was_taken_was_not_sent() {
    let (stream, game) = duplex(LOGIN_BYTES);
    let (mut connection, _peer) = login_over(stream, Peer(game)).await;
    let outcome = connection.run("give Steve diamond").await;
    assert!(matches!(outcome, Outcome::NotSent(SendRejected::Write(_))));
    assert!(connection.is_poisoned(), "the game holds half a packet");
}

#[tokio::test(start_paused = true)]
async fn a_packet_that_is_not_taken_in_time_was_not_sent() {
    let (stream, game) = duplex(1024);
    let (mut connection, _peer) = login_over(OneWrite { stream, written: false }, Peer(game)).await;
    let start = Instant::now();
    let outcome = connection.run("give Steve diamond").await;
    assert!(matches!(outcome, Outcome::NotSent(SendRejected::WriteTimedOut)));
    assert_eq!(start.elapsed(), TIMEOUT);
    assert!(connection.is_poisoned());
}

async fn login_over(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    mut peer: Peer,
) -> (Connection, Peer) {
    let password = "pw".into();
    let (connection, ()) = tokio::join!(Connection::login(stream, &password, Timeouts::each(TIMEOUT)), async {
        let request = peer.request().await;
        peer.send(&Packet::new(request.id, KIND_LOGIN_REPLY, "")).await;
    });
    (connection.unwrap(), peer)
}

/// A stream that takes one write, the login, and nothing after it.
struct OneWrite {
    stream: DuplexStream,
    written: bool,
}

impl AsyncRead for OneWrite {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for OneWrite {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if std::mem::replace(&mut self.written, true) {
            Poll::Pending
        } else {
            Pin::new(&mut self.stream).poll_write(context, bytes)
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
