//! The situations. Each returns what the client did, in a few words.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    Row,
    server::{Server, Socket, header},
    subject::{Log, Subject, TOKEN},
};

/// Far longer than anything takes that happens at all.
const PATIENCE: Duration = Duration::from_secs(3);

pub fn rows<S: Subject + 'static>() -> Vec<Row> {
    vec![
        ("negotiate", Box::pin(negotiate::<S>())),
        ("redirect with its own token", Box::pin(redirect::<S>())),
        (
            "`error` in the answer to negotiate",
            Box::pin(refusal::<S>("200 OK", r#"{"error":"the hall is full"}"#, "the hall is full")),
        ),
        ("401 on negotiate", Box::pin(refusal::<S>("401 Unauthorized", "", "401"))),
        ("where the bearer token goes", Box::pin(token::<S>())),
        ("handshake's answer and a push in one frame", Box::pin(merged_handshake::<S>())),
        ("call with arguments; result, error", Box::pin(calls::<S>())),
        ("call without arguments", Box::pin(no_arguments::<S>())),
        ("push with three arguments", Box::pin(pushes::<S>(&[THREE], "Three(a,1,2)"))),
        ("the server asks for a result", Box::pin(asked::<S>("Ask"))),
        ("the server asks an unknown method", Box::pin(asked::<S>("Unknown"))),
        ("bad record between two pushes", Box::pin(bad_record::<S>())),
        (
            "push split over two frames",
            Box::pin(pushes::<S>(&[r#"{"type":1,"target":"Push","argu"#, "ments\":[\"a\"]}\u{1e}"], "Push(a)")),
        ),
        ("unknown message types before a push", Box::pin(pushes::<S>(&[UNKNOWN_TYPES], "Push(a)"))),
        ("push in a binary frame", Box::pin(binary::<S>())),
        ("Close with an error", Box::pin(closed::<S>())),
        ("hub pings", Box::pin(pings::<S>())),
        ("server falls silent", Box::pin(silence::<S>())),
        ("connection drops with a call pending", Box::pin(dropped::<S>())),
        ("reconnect after a drop", Box::pin(reconnect::<S>())),
    ]
}

const THREE: &str = "{\"type\":1,\"target\":\"Three\",\"arguments\":[\"a\",1,2]}\u{1e}";
const UNKNOWN_TYPES: &str = "{\"type\":8,\"sequenceId\":1}\u{1e}{\"type\":9,\"sequenceId\":1}\u{1e}{\"type\":10}\u{1e}{\"type\":1,\"target\":\"Push\",\"arguments\":[\"a\"]}\u{1e}";

fn push(text: &str) -> String {
    format!("{{\"type\":1,\"target\":\"Push\",\"arguments\":[\"{text}\"]}}\u{1e}")
}

/// A session whose handshake is done, and the server's end of it. Handlers that are registered after connecting get
/// their time.
async fn session<S: Subject>(server: &mut Server, log: &Log) -> (S, Socket) {
    let port = server.port;
    let (client, socket) = tokio::join!(S::connect(port, log.clone()), server.ready());
    sleep(Duration::from_millis(200)).await;
    (client.expect("the plainest of sessions"), socket)
}

async fn connect<S: Subject>(port: u16, log: &Log) -> Result<S, String> {
    timeout(PATIENCE * 3, S::connect(port, log.clone())).await.unwrap_or(Err("hangs".to_owned()))
}

async fn negotiate<S: Subject>() -> String {
    let mut server = Server::new().await;
    let (client, _socket) = session::<S>(&mut server, &Log::default()).await;
    let version = if server.heads[0].contains("negotiateVersion=1") { "version 1" } else { "version 0" };
    let id = if server.heads[1].contains("id=secret") { "opens with connectionToken" } else { "opens without an id" };
    std::mem::forget(client);
    format!("{version}, {id}")
}

async fn redirect<S: Subject>() -> String {
    let (mut first, mut second) = (Server::new().await, Server::new().await);
    let body = format!("{{\"url\":\"http://127.0.0.1:{}/hub\",\"accessToken\":\"other\"}}", second.port);
    let port = first.port;
    let script = async {
        first.answer("200 OK", &body).await;
        let _ = timeout(PATIENCE, second.ready()).await;
    };
    let log = Log::default();
    let (client, ()) = tokio::join!(async { connect::<S>(port, &log).await.map(std::mem::forget) }, script);
    match client {
        Ok(()) if second.heads.iter().all(|head| header(head, "authorization") == Some("Bearer other")) => {
            "followed".to_owned()
        }
        Ok(()) => "followed with the wrong token".to_owned(),
        Err(_) => "fails".to_owned(),
    }
}

async fn refusal<S: Subject>(status: &str, body: &str, wanted: &str) -> String {
    let mut server = Server::new().await;
    let port = server.port;
    let log = Log::default();
    let (client, ()) = tokio::join!(connect::<S>(port, &log), server.answer(status, body));
    match client.map(std::mem::forget) {
        Ok(()) => "connects".to_owned(),
        Err(error) if error.contains(wanted) => "error that says so".to_owned(),
        Err(_) => "an error that does not say so".to_owned(),
    }
}

async fn token<S: Subject>() -> String {
    let mut server = Server::new().await;
    let (client, _socket) = session::<S>(&mut server, &Log::default()).await;
    std::mem::forget(client);
    let place = |head: &str| match header(head, "authorization") {
        Some(value) if value.ends_with(TOKEN) => "header",
        _ if head.contains(TOKEN) => "URL",
        _ => "not sent",
    };
    format!("negotiate: {}; upgrade: {}", place(&server.heads[0]), place(&server.heads[1]))
}

async fn merged_handshake<S: Subject>() -> String {
    let (mut server, log) = (Server::new().await, Log::default());
    let port = server.port;
    let script = async {
        server.negotiate().await;
        let mut socket = server.socket().await;
        socket.hear().await;
        socket.say(&format!("{{}}\u{1e}{}", push("a"))).await;
        sleep(PATIENCE).await;
        socket
    };
    let (client, _socket) = tokio::join!(connect::<S>(port, &log), script);
    match client.map(std::mem::forget) {
        Err(_) => "connect fails".to_owned(),
        Ok(()) if log.lines() == ["Push(a)"] => "both taken".to_owned(),
        Ok(()) => "connects, push lost".to_owned(),
    }
}

async fn calls<S: Subject>() -> String {
    let mut server = Server::new().await;
    let (mut client, mut socket) = session::<S>(&mut server, &Log::default()).await;
    let mut verdicts = Vec::new();
    for answer in [r#""result":["a","b"]"#, r#""error":"no room""#] {
        let script = async {
            let call = socket.hear_type(1, 3).await.unwrap_or_default();
            let id = &call["invocationId"];
            socket.say(&format!("{{\"type\":3,\"invocationId\":{id},{answer}}}\u{1e}")).await;
            call["arguments"] == serde_json::json!(["a", "b"])
        };
        let (result, sent) = tokio::join!(timeout(PATIENCE, client.call("Two", &["a", "b"])), script);
        verdicts.push(match result {
            _ if !sent => "arguments wrong",
            Err(_) => "hangs",
            Ok(Ok(_)) => "result",
            Ok(Err(text)) if text.contains("no room") => "error with its text",
            Ok(Err(_)) => "error without its text",
        });
    }
    std::mem::forget(client);
    verdicts.join(", ")
}

async fn no_arguments<S: Subject>() -> String {
    let mut server = Server::new().await;
    let (mut client, mut socket) = session::<S>(&mut server, &Log::default()).await;
    let (_, call) = tokio::join!(timeout(PATIENCE, client.call("None", &[])), socket.hear_type(1, 3));
    std::mem::forget(client);
    match call {
        Some(call) if call["arguments"] == Value::Array(Vec::new()) => "`arguments` is there".to_owned(),
        Some(_) => "`arguments` missing: ASP.NET Core drops the connection".to_owned(),
        None => "not sent".to_owned(),
    }
}

async fn pushes<S: Subject>(frames: &[&str], expected: &str) -> String {
    let (mut server, log) = (Server::new().await, Log::default());
    let (client, mut socket) = session::<S>(&mut server, &log).await;
    for frame in frames {
        socket.say(frame).await;
    }
    sleep(PATIENCE).await;
    std::mem::forget(client);
    if log.lines() == [expected] { "arrives".to_owned() } else { "lost".to_owned() }
}

async fn binary<S: Subject>() -> String {
    let (mut server, log) = (Server::new().await, Log::default());
    let (client, mut socket) = session::<S>(&mut server, &log).await;
    socket.say_bytes(&push("a")).await;
    sleep(PATIENCE).await;
    socket.say(&push("b")).await;
    sleep(PATIENCE).await;
    std::mem::forget(client);
    match log.lines().as_slice() {
        [a, b] if a == "Push(a)" && b == "Push(b)" => "arrives".to_owned(),
        [b] if b == "Push(b)" => "lost".to_owned(),
        _ => "the client is dead afterwards".to_owned(),
    }
}

async fn asked<S: Subject>(method: &str) -> String {
    let mut server = Server::new().await;
    let (client, mut socket) = session::<S>(&mut server, &Log::default()).await;
    let call = format!("{{\"type\":1,\"invocationId\":\"7\",\"target\":\"{method}\",\"arguments\":[\"a\"]}}\u{1e}");
    socket.say(&call).await;
    let answer = socket.hear_type(3, 5).await;
    std::mem::forget(client);
    match answer {
        Some(answer) if answer["error"].is_string() => "answers with an error".to_owned(),
        Some(answer) => format!("answers {}", answer["result"]),
        None => "no answer".to_owned(),
    }
}

async fn bad_record<S: Subject>() -> String {
    let (mut server, log) = (Server::new().await, Log::default());
    let (client, mut socket) = session::<S>(&mut server, &log).await;
    socket.say(&format!("{}nonsense\u{1e}{}", push("before"), push("after"))).await;
    let again = server.is_asked_again(5).await;
    std::mem::forget(client);
    let heard = match log.lines().len() {
        0 => "both lost",
        1 => "second lost",
        _ => "both arrive",
    };
    format!("{heard}, {}", if again { "new session" } else { "goes on" })
}

/// What becomes of a client whose session has ended: of the next call, and of the session.
async fn aftermath<S: Subject>(mut client: S, mut server: Server, seconds: u64) -> String {
    let (next, again) = tokio::join!(
        timeout(Duration::from_secs(seconds), client.call("Next", &["a"])),
        server.is_asked_again(seconds)
    );
    std::mem::forget(client);
    let again = if again { "reconnects" } else { "no reconnect" };
    format!("next call {}, {again}", if next.is_ok() { "fails" } else { "hangs" })
}

async fn closed<S: Subject>() -> String {
    let mut server = Server::new().await;
    let (client, mut socket) = session::<S>(&mut server, &Log::default()).await;
    socket.say("{\"type\":7,\"error\":\"bye\",\"allowReconnect\":true}\u{1e}").await;
    sleep(Duration::from_millis(100)).await;
    aftermath(client, server, 5).await
}

async fn pings<S: Subject>() -> String {
    let mut server = Server::new().await;
    let (client, mut socket) = session::<S>(&mut server, &Log::default()).await;
    let first = socket.hear_type(6, 2).await.is_some();
    let next = socket.hear_type(6, 20).await.is_some();
    std::mem::forget(client);
    match (first, next) {
        (true, true) => "at once and every 15 s".to_owned(),
        (_, false) => "none".to_owned(),
        (false, true) => "some".to_owned(),
    }
}

async fn silence<S: Subject>() -> String {
    let mut server = Server::new().await;
    let (mut client, _socket) = session::<S>(&mut server, &Log::default()).await;
    let start = Instant::now();
    let call = timeout(Duration::from_secs(100), client.call("Never", &["a"])).await;
    std::mem::forget(client);
    match call {
        Ok(_) => format!("noticed after {:.0} s", start.elapsed().as_secs_f64()),
        Err(_) => "the call still waits after 100 s".to_owned(),
    }
}

async fn dropped<S: Subject>() -> String {
    let mut server = Server::new().await;
    let (mut client, mut socket) = session::<S>(&mut server, &Log::default()).await;
    let start = Instant::now();
    let script = async {
        socket.hear_type(1, 3).await;
        drop(socket);
    };
    let (call, ()) = tokio::join!(timeout(Duration::from_secs(20), client.call("Never", &["a"])), script);
    std::mem::forget(client);
    match call {
        Ok(_) if start.elapsed() < PATIENCE => "fails at once".to_owned(),
        Ok(_) => format!("fails after {:.0} s", start.elapsed().as_secs_f64()),
        Err(_) => "still waits after 20 s".to_owned(),
    }
}

async fn reconnect<S: Subject>() -> String {
    let mut server = Server::new().await;
    let (client, socket) = session::<S>(&mut server, &Log::default()).await;
    drop(socket);
    sleep(Duration::from_millis(100)).await;
    aftermath(client, server, 10).await
}
