//! Failures: the outcome shows whether the command can have run.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use flux_rcon::codec::{ID_REFUSED, KIND_LOGIN_REPLY, KIND_REPLY, Packet, REPLY_PIECE_UNITS};
use flux_rcon::{Connection, MAX_COMMAND_BYTES, MAX_REPLY_BYTES, Outcome, ReplyError, SendRejected, Timeouts};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio::time::{Duration, Instant};

use crate::fake_game::{FakeGame, TIMEOUT, logged_in};

/// Runs a command against a scripted game, and checks that the connection is poisoned afterwards.
async fn failing(script: impl AsyncFnOnce(&mut FakeGame, Packet)) -> Outcome {
    let (mut connection, mut game) = logged_in().await;
    let (outcome, ()) = tokio::join!(connection.run("give Steve diamond"), async {
        let request = game.request().await;
        script(&mut game, request).await;
    });
    assert!(connection.is_poisoned());
    assert!(matches!(connection.run("list").await, Outcome::NotSent(SendRejected::Poisoned)));
    assert!(game.is_quiet().await, "a poisoned connection sends nothing");
    outcome
}

#[tokio::test]
async fn invalid_commands_are_not_sent_and_connection_stays() {
    let (mut connection, mut game) = logged_in().await;
    for command in ["say a\0b", "say a\nb", "say a\rb"] {
        assert!(matches!(connection.run(command).await, Outcome::NotSent(SendRejected::ControlCharacter)));
    }
    let long = "é".repeat(MAX_COMMAND_BYTES / 2) + "x";
    assert!(matches!(connection.run(&long).await, Outcome::NotSent(SendRejected::TooLong { bytes: 1401 })));
    assert!(game.is_quiet().await);
    let (outcome, ()) = tokio::join!(connection.run(&long[..MAX_COMMAND_BYTES]), async {
        let request = game.request().await;
        game.reply(request.id, "ok").await;
    });
    assert!(matches!(outcome, Outcome::Replied(text) if text == "ok"));
}

#[tokio::test(start_paused = true)]
async fn frozen_game_is_unknown_after_the_first_byte_timeout() {
    let start = Instant::now();
    let outcome = failing(async |game, _| {
        tokio::time::sleep(TIMEOUT).await;
        assert_eq!(game.request().await.text(), "list", "does the game answer anything?");
    });
    assert!(matches!(outcome.await, Outcome::Unknown(ReplyError::NoReply)));
    assert_eq!(start.elapsed(), TIMEOUT + Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn silent_command_has_run_once_the_next_one_is_answered() {
    let (mut connection, mut game) = logged_in().await;
    for wait in [TIMEOUT, Duration::from_secs(1)] {
        let start = Instant::now();
        let (outcome, ()) = tokio::join!(connection.run("say hello"), async {
            assert_eq!(game.request().await.text(), "say hello");
            tokio::time::sleep(wait).await;
            let probe = game.request().await;
            game.reply(probe.id, "There are 0 of a max of 20 players online: ").await;
        });
        assert!(matches!(outcome, Outcome::Replied(text) if text.is_empty()));
        assert_eq!(start.elapsed(), wait, "the game is known to be silent the second time");
        assert!(!connection.is_poisoned());
    }
    let (outcome, ()) = tokio::join!(connection.run("list"), async {
        let request = game.request().await;
        game.reply(request.id, "nobody").await;
    });
    assert!(matches!(outcome, Outcome::Replied(text) if text == "nobody"));
}

#[tokio::test(start_paused = true)]
async fn answer_after_the_timeout_still_counts() {
    let (mut connection, mut game) = logged_in().await;
    let (outcome, ()) = tokio::join!(connection.run("give Steve diamond"), async {
        let request = game.request().await;
        tokio::time::sleep(TIMEOUT).await;
        let probe = game.request().await;
        game.reply(request.id, "Gave 1 [Diamond] to Steve").await;
        game.reply(probe.id, "There are 0 of a max of 20 players online: ").await;
    });
    assert!(matches!(outcome, Outcome::Replied(text) if text == "Gave 1 [Diamond] to Steve"));
    assert!(!connection.is_poisoned());
}

#[tokio::test(start_paused = true)]
async fn unfinished_reply_is_unknown() {
    let outcome = failing(async |game, request| {
        let bytes = Packet::new(request.id, KIND_REPLY, "Gave 5").encode();
        game.bytes(&bytes[..bytes.len() - 1]).await;
    });
    assert!(matches!(outcome.await, Outcome::Unknown(ReplyError::Incomplete)));
}

#[tokio::test(start_paused = true)]
async fn command_has_run_once_a_piece_of_its_answer_has_come() {
    let piece = "x".repeat(REPLY_PIECE_UNITS);
    let unanswered = failing(async |game, request| {
        game.reply(request.id, &piece).await;
        game.request().await;
    });
    assert!(matches!(unanswered.await, Outcome::Replied(text) if text == piece));
    let (mut connection, mut game) = logged_in().await;
    let (closed, ()) = tokio::join!(connection.run("help"), async {
        let request = game.request().await;
        game.reply(request.id, &piece).await;
        game.request().await;
        // Cuberite: "unknown packet type".
        drop(game);
    });
    assert!(matches!(closed, Outcome::Replied(text) if text == piece));
    assert!(connection.is_poisoned());
}

#[tokio::test(start_paused = true)]
async fn trickling_bytes_do_not_extend_the_reply_timeout() {
    let start = Instant::now();
    let outcome = failing(async |game, request| {
        for byte in &Packet::new(request.id, KIND_REPLY, "x".repeat(100)).encode()[..50] {
            game.bytes(&[*byte]).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    assert!(matches!(outcome.await, Outcome::Unknown(ReplyError::Incomplete)));
    assert!(start.elapsed() <= Duration::from_secs(50));
}

#[tokio::test]
async fn connection_closed_after_the_command_is_unknown() {
    let (mut connection, mut game) = logged_in().await;
    let (outcome, _) = tokio::join!(connection.run("give Steve diamond"), async {
        game.request().await;
        game.0.shutdown().await
    });
    assert!(matches!(outcome, Outcome::Unknown(ReplyError::Closed)));
    assert!(connection.is_poisoned());
}

#[tokio::test]
async fn connection_closed_before_the_command_is_not_sent() {
    let (mut connection, game) = logged_in().await;
    drop(game);
    assert!(matches!(connection.run("give Steve diamond").await, Outcome::NotSent(SendRejected::Closed)));
    assert!(connection.is_poisoned());
}

#[tokio::test]
async fn not_logged_in_answer_is_rejected() {
    let outcome = failing(async |game, _| game.send(&Packet::new(ID_REFUSED, KIND_LOGIN_REPLY, "")).await).await;
    assert!(matches!(outcome, Outcome::Rejected));
}

#[tokio::test]
async fn id_minus_1_of_another_kind_is_not_rejected() {
    let outcome = failing(async |game, _| game.send(&Packet::new(ID_REFUSED, KIND_REPLY, "")).await).await;
    assert!(matches!(outcome, Outcome::Unknown(ReplyError::WrongId(ID_REFUSED))));
}

#[tokio::test]
async fn earlier_login_refusal_is_not_taken_as_the_answer() {
    let (mut connection, mut game) = logged_in().await;
    game.send(&Packet::new(ID_REFUSED, KIND_LOGIN_REPLY, "")).await;
    assert!(matches!(connection.run("give Steve diamond").await, Outcome::NotSent(SendRejected::Unexpected)));
    assert!(game.is_quiet().await);
}

#[tokio::test]
async fn half_a_packet_before_the_command_prevents_sending() {
    let (mut connection, mut game) = logged_in().await;
    game.bytes(&[10, 0, 0, 0, 255]).await;
    assert!(matches!(connection.run("give Steve diamond").await, Outcome::NotSent(SendRejected::Unexpected)));
    assert!(connection.is_poisoned());
}

#[tokio::test]
async fn answer_with_a_foreign_id_is_unknown() {
    let outcome = failing(async |game, request| game.reply(request.id + 1, "whose?").await).await;
    assert!(matches!(outcome, Outcome::Unknown(ReplyError::WrongId(_))));
}

#[tokio::test]
async fn garbage_reply_is_unknown() {
    let outcome = failing(async |game, _| game.bytes(&[0xff; 20]).await).await;
    assert!(matches!(outcome, Outcome::Unknown(ReplyError::Garbage(_))));
}

#[tokio::test]
async fn endless_reply_is_cut_off() {
    let (mut connection, mut game) = logged_in().await;
    let piece = "x".repeat(REPLY_PIECE_UNITS);
    let (outcome, ()) = tokio::join!(connection.run("list"), async {
        let request = game.request().await;
        for _ in 0..=MAX_REPLY_BYTES / REPLY_PIECE_UNITS {
            game.reply(request.id, &piece).await;
        }
    });
    assert!(matches!(outcome, Outcome::Replied(text) if text.len() <= MAX_REPLY_BYTES));
    assert!(connection.is_poisoned());
}

#[tokio::test]
async fn dropped_caller_poisons_the_connection() {
    let (mut connection, mut game) = logged_in().await;
    tokio::select! {
        biased;
        outcome = connection.run("give Steve diamond") => panic!("nobody answered: {outcome:?}"),
        request = game.request() => assert_eq!(request.text(), "give Steve diamond"),
    }
    assert!(connection.is_poisoned());
    assert!(matches!(connection.run("list").await, Outcome::NotSent(SendRejected::Poisoned)));
}

/// The size of a login with the password "pw".
const LOGIN_BYTES: usize = 16;

#[tokio::test]
async fn partially_written_packet_is_not_sent() {
    let (stream, game) = duplex(LOGIN_BYTES);
    let (mut connection, _peer) = login_over(stream, FakeGame(game)).await;
    let outcome = connection.run("give Steve diamond").await;
    assert!(matches!(outcome, Outcome::NotSent(SendRejected::Write(_))));
    assert!(connection.is_poisoned(), "the game holds half a packet");
}

#[tokio::test(start_paused = true)]
async fn write_timeout_is_not_sent() {
    let (stream, game) = duplex(1024);
    let (mut connection, _peer) = login_over(OneWrite { stream, written: false }, FakeGame(game)).await;
    let start = Instant::now();
    let outcome = connection.run("give Steve diamond").await;
    assert!(matches!(outcome, Outcome::NotSent(SendRejected::WriteTimedOut)));
    assert_eq!(start.elapsed(), TIMEOUT);
    assert!(connection.is_poisoned());
}

async fn login_over(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    mut game: FakeGame,
) -> (Connection, FakeGame) {
    let password = "pw".into();
    let (connection, ()) = tokio::join!(Connection::login(stream, &password, Timeouts::each(TIMEOUT)), async {
        let request = game.request().await;
        game.send(&Packet::new(request.id, KIND_LOGIN_REPLY, "")).await;
    });
    (connection.unwrap(), game)
}

/// A stream that accepts one write, the login, and nothing after it.
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
