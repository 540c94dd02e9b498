//! The login: every answer, and every failure with its own error.

use flux_rcon::codec::{ID_REFUSED, KIND_LOGIN, KIND_LOGIN_REPLY, KIND_REPLY, Packet};
use flux_rcon::{ConnectError, Connection, Outcome, Timeouts};
use tokio::net::TcpListener;

use crate::fake_game::{FakeGame, TIMEOUT, pair};

async fn login_answered_by(script: impl AsyncFnOnce(FakeGame, Packet)) -> Result<Connection, ConnectError> {
    let (stream, mut game) = pair();
    let password = "secret".into();
    let (result, ()) = tokio::join!(Connection::login(stream, &password, Timeouts::each(TIMEOUT)), async {
        let request = game.request().await;
        assert_eq!((request.kind, &*request.text()), (KIND_LOGIN, "secret"));
        script(game, request).await;
    });
    result
}

#[tokio::test]
async fn request_id_with_kind_2_is_a_login() {
    let result =
        login_answered_by(async |mut game, request| game.send(&Packet::new(request.id, KIND_LOGIN_REPLY, "")).await)
            .await;
    assert!(!result.unwrap().is_poisoned());
}

#[tokio::test]
async fn empty_reply_before_the_login_answer_is_skipped() {
    let result = login_answered_by(async |mut game, request| {
        game.send(&Packet::new(request.id, KIND_REPLY, "")).await;
        game.send(&Packet::new(request.id, KIND_LOGIN_REPLY, "")).await;
    });
    assert!(result.await.is_ok());
}

#[tokio::test]
async fn wrong_password_error_names_the_setting_not_the_value() {
    let result =
        login_answered_by(async |mut game, _| game.send(&Packet::new(ID_REFUSED, KIND_LOGIN_REPLY, "")).await).await;
    let error = result.unwrap_err();
    assert!(matches!(error, ConnectError::WrongPassword));
    assert!(error.to_string().contains("rcon.password"));
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[tokio::test]
async fn close_during_login_is_not_a_wrong_password() {
    let result = login_answered_by(async |_, _| {}).await;
    assert!(matches!(result, Err(ConnectError::Closed)));
}

#[tokio::test(start_paused = true)]
async fn unanswered_login_times_out() {
    let (stream, _peer) = pair();
    let result = Connection::login(stream, &"secret".into(), Timeouts::each(TIMEOUT)).await;
    assert!(matches!(result, Err(ConnectError::NoAnswer)));
}

#[tokio::test]
async fn web_server_on_the_port_is_not_rcon() {
    let result = login_answered_by(async |mut game, _| game.bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n").await).await;
    assert!(matches!(result, Err(ConnectError::NotRcon)));
}

#[tokio::test]
async fn empty_password_is_refused_before_sending() {
    let (stream, mut game) = pair();
    let result = Connection::login(stream, &"".into(), Timeouts::each(TIMEOUT)).await;
    assert!(matches!(result, Err(ConnectError::UnusablePassword)));
    drop(result);
    assert_eq!(tokio::io::AsyncReadExt::read(&mut game.0, &mut [0; 1]).await.unwrap(), 0);
}

#[tokio::test]
async fn closed_port_error_names_the_settings_to_check() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = Connection::open(&address, &"secret".into(), Timeouts::each(TIMEOUT)).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable { .. }));
    for part in [&*address, "enable-rcon", "rcon.port", "rcon.password"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn command_runs_over_tcp() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let game = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = [0; 1460];
        for (id, kind) in [(1, KIND_LOGIN_REPLY), (2, KIND_REPLY)] {
            assert!(stream.read(&mut bytes).await.unwrap() > 0);
            stream.write_all(&Packet::new(id, kind, "").encode()).await.unwrap();
        }
    };
    let client = async {
        let mut connection = Connection::open(&address, &"secret".into(), Timeouts::each(TIMEOUT)).await.unwrap();
        connection.run("say hello").await
    };
    let (outcome, ()) = tokio::join!(client, game);
    assert!(matches!(outcome, Outcome::Replied(text) if text.is_empty()));
}
