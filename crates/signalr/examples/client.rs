//! Talks to the hub of the other example, over every restart of it, until Ctrl-C:
//! `cargo run --example client`

use std::{error::Error, sync::Arc, time::Duration};

use flux_signalr::client::{Client, ClientOptions, Session, TcpDialer, TokenSource};
use secrecy::SecretString;

struct Fixed;

impl TokenSource for Fixed {
    fn token(&self) -> Option<SecretString> {
        Some("let-me-in".to_owned().into())
    }
}

#[expect(clippy::disallowed_methods, clippy::expect_used, reason = "an example is its own entropy module")]
fn random(bound: u64) -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    u64::from_le_bytes(bytes) % bound
}

async fn talk(mut session: Session) {
    let heard = session.connection.invoke("Say", vec!["hello".into()], Duration::from_secs(5)).await;
    println!("heard by: {heard:?}");
    while let Some(call) = session.incoming.recv().await {
        println!("{}: {:?}", call.target, call.arguments);
    }
    println!("ended: {:?}", session.connection.closed().await);
}

async fn talk_for_ever(mut client: Client) {
    loop {
        talk(client.next_session().await).await;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = ClientOptions::new("http://127.0.0.1:5080/hubs/room".parse()?);
    let client = Client::new(options, Arc::new(TcpDialer::new(None)), Arc::new(Fixed), Box::new(random));
    tokio::select! { biased;
        stopped = tokio::signal::ctrl_c() => stopped?,
        () = talk_for_ever(client) => {}
    }
    Ok(())
}
