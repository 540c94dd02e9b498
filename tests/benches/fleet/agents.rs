//! The agents' side: sessions that report each command as completed at once. Each session and each command prints a line on stdout.

use flux_platform::{Clock, Entropy, SystemClock, SystemEntropy};
use flux_protocol::{
    AgentHello, Command, CommandReport, GameState, JournalId, PROTOCOL_VERSION, ReportState, ServerToken, method,
};
use flux_signalr::client::{CallError, Client, ClientOptions, Session, TcpDialer, TokenSource};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::task::JoinSet;

const DEADLINE: Duration = Duration::from_secs(60);

struct Token(SecretString);

impl TokenSource for Token {
    fn token(&self) -> Option<SecretString> {
        Some(self.0.clone())
    }
}

/// Runs an agent for each token on stdin, until the process is killed.
pub(crate) async fn run(url: &str) {
    let options = ClientOptions::new(format!("{url}/hubs/agent").parse().expect("an address"));
    let dialer = Arc::new(TcpDialer::new(None));
    let mut tokens = BufReader::new(stdin()).lines();
    let mut agents = JoinSet::new();
    while let Ok(Some(token)) = tokens.next_line().await {
        let journal = format!(
            "jrn_{:0>24}",
            ServerToken::parse(&token).expect("a token").server_id().as_str()[4..].to_lowercase()
        );
        let tokens = Arc::new(Token(token.into()));
        let client = Client::new(options.clone(), dialer.clone(), tokens, Box::new(|bound| SystemEntropy.below(bound)));
        agents.spawn(agent(client, journal.parse().expect("an id")));
    }
    agents.join_all().await;
}

async fn agent(mut client: Client, journal: JournalId) {
    loop {
        let session = client.next_session().await;
        // Whatever the error, the next session is tried.
        let _ = serve(session, &journal).await;
    }
}

async fn serve(mut session: Session, journal: &JournalId) -> Result<(), CallError> {
    let hello = AgentHello {
        agent_version: "fleet".into(),
        protocol_version: PROTOCOL_VERSION,
        journal_id: journal.clone(),
        hostname: None,
        game_state: GameState::Online,
    };
    session.connection.invoke(method::HELLO, vec![json!(hello)], DEADLINE).await?;
    println!("session");
    while let Some(incoming) = session.incoming.recv().await {
        if incoming.is(method::DELIVER) {
            let commands = incoming.arguments.first().expect("commands");
            let reports: Vec<Value> = taken(commands).into_iter().map(|report| json!(report)).collect();
            session.connection.invoke(method::REPORT, vec![json!(reports)], DEADLINE).await?;
        }
    }
    Ok(())
}

fn taken(commands: Vec<Command>) -> Vec<CommandReport> {
    let at = SystemClock.now();
    let report = |command: Command| {
        println!("{} {at}", command.order_id.as_ref().map(ToString::to_string).unwrap_or_default());
        CommandReport { id: command.id, attempt: command.attempt, state: ReportState::Completed, output: None, at }
    };
    commands.into_iter().map(report).collect()
}
