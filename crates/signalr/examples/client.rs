//! A client of the hub in `hub.rs`, which reconnects after every restart of it, until Ctrl-C:
//! `cargo run --example client`

use std::{error::Error, sync::Arc, time::Duration};

use flux_signalr::client::{Client, ClientOptions, Session, TcpDialer, TokenSource};
use secrecy::SecretString;

struct FixedToken;

impl TokenSource for FixedToken {
    fn token(&self) -> Option<SecretString> {
        Some("let-me-in".to_owned().into())
    }
}

#[expect(clippy::disallowed_methods, clippy::expect_used, reason = "an example has no entropy module")]
fn random(bound: u64) -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    u64::from_le_bytes(bytes) % bound
}

async fn talk(mut session: Session) {
    let reached = session.connection.invoke("Broadcast", vec!["hello".into()], Duration::from_secs(5)).await;
    println!("clients reached: {reached:?}");
    while let Some(call) = session.incoming.recv().await {
        println!("{}: {}", call.target, call.arguments.as_str());
    }
    println!("ended: {:?}", session.connection.closed().await);
}

async fn run(mut client: Client) {
    loop {
        talk(client.next_session().await).await;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = ClientOptions::new("http://127.0.0.1:5080/hubs/room".parse()?);
    let client = Client::new(options, Arc::new(TcpDialer::new(None)), Arc::new(FixedToken), Box::new(random));
    tokio::select! { biased;
        stopped = tokio::signal::ctrl_c() => stopped?,
        () = run(client) => {}
    }
    Ok(())
}
