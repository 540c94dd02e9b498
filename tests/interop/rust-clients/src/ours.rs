use std::{sync::Arc, time::Duration};

use flux_signalr::client::{Client, ClientOptions, Connection, Session, State, TcpDialer, TokenSource};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::subject::{Log, Subject, TOKEN};

pub struct Ours {
    connection: watch::Receiver<Option<Connection>>,
}

struct Fixed;

impl TokenSource for Fixed {
    fn token(&self) -> Option<SecretString> {
        Some(TOKEN.to_owned().into())
    }
}

impl Subject for Ours {
    async fn connect(port: u16, log: Log) -> Result<Self, String> {
        let url = format!("http://127.0.0.1:{port}/hub").parse().map_err(|error| format!("{error}"))?;
        let client =
            Client::new(ClientOptions::new(url), Arc::new(TcpDialer::new(None)), Arc::new(Fixed), Box::new(|n| n / 2));
        let mut states = client.states();
        let (sender, mut connection) = watch::channel(None);
        tokio::spawn(keep(client, sender, log));
        tokio::select! { biased;
            _ = connection.wait_for(Option::is_some) => {}
            state = states.wait_for(|state| !matches!(state, State::Connecting | State::Connected)) => {
                return Err(format!("{:?}", state.as_deref()));
            }
        }
        Ok(Self { connection })
    }

    async fn call(&mut self, target: &str, arguments: &[&str]) -> Result<Value, String> {
        let connection = self.connection.borrow().clone().ok_or("never connected")?;
        let arguments = arguments.iter().map(|text| json!(text)).collect();
        connection.invoke(target, arguments, Duration::from_secs(600)).await.map_err(|error| error.to_string())
    }
}

async fn keep(mut client: Client, connection: watch::Sender<Option<Connection>>, log: Log) {
    loop {
        let session = client.next_session().await;
        connection.send_replace(Some(session.connection.clone()));
        listen(session, &log).await;
    }
}

async fn listen(mut session: Session, log: &Log) {
    while let Some(call) = session.incoming.recv().await {
        let arguments: Vec<String> = call.arguments.iter().map(|value| value.to_string().replace('"', "")).collect();
        match call.target.as_str() {
            "Push" | "Three" => log.note(format!("{}({})", call.target, arguments.join(","))),
            "Ask" => {
                if let Some(reply) = call.reply {
                    reply.complete(Ok(json!("answer")));
                }
            }
            _ => {}
        }
    }
}
