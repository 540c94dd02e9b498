use super::{complain, load};
use crate::config::Config;
use crate::exit::Exit;
use crate::game::{GameDialer, RconDialer};
use crate::store::{Call, HttpRest, Method, Rest, RestError, client_config};
use flux_rcon::{ConnectError, Outcome, Timeouts};
use std::path::Path;

pub(super) fn run(path: &Path, online: bool) -> Exit {
    let config = match load(path) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    println!("config   ok ({})", path.display());
    if !online {
        return Exit::Done;
    }
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(check_online(&config)),
        Err(error) => complain(&error, Exit::Internal),
    }
}

async fn check_online(config: &Config) -> Exit {
    let checks = [("game", game(config).await), ("store", store(config).await)];
    let mut exit = Exit::Done;
    for (what, outcome) in checks {
        match outcome {
            Ok(text) => println!("{what:<8} ok ({text})"),
            Err(text) => {
                println!("{what:<8} FAILED: {text}");
                exit = Exit::Unreachable;
            }
        }
    }
    exit
}

async fn game(config: &Config) -> Result<String, String> {
    let dialer = RconDialer {
        address: config.rcon.address.clone(),
        password: config.rcon.password.clone(),
        timeouts: Timeouts::each(config.rcon.timeout),
    };
    let mut connection = dialer.dial().await.map_err(|error: ConnectError| error.to_string())?;
    match connection.run("list").await {
        Outcome::Replied(answer) => Ok(format!("RCON at {}: {}", config.rcon.address, answer.trim())),
        Outcome::NotSent(refusal) => Err(refusal.to_string()),
        Outcome::Rejected => Err("the game does not take the login".into()),
        Outcome::Unknown(cause) => Err(cause.to_string()),
    }
}

/// Asks with a journal id that is nobody's and takes nothing: a running agent's session makes the store answer 409, which proves the token as well.
async fn store(config: &Config) -> Result<String, String> {
    let tls = client_config(config.store.ca_file.as_deref()).map_err(|error| error.to_string())?;
    let nobody = "check".parse().map_err(|error: flux_protocol::InvalidId| error.to_string())?;
    let rest = HttpRest::new(&config.store, &nobody, tls)?;
    let call = Call { method: Method::Post, path: "/reports".into(), body: Some(br#"{"reports":[]}"#.to_vec()) };
    match rest.call(call).await {
        Ok(_) | Err(RestError::Status { status: 409, .. }) => {
            Ok(format!("{} takes the token of {}", config.store.url, config.store.token.server_id()))
        }
        Err(RestError::Status { status: 401, .. }) => {
            Err("the token was rejected: make a new one at the store and write it into store.token_file".into())
        }
        Err(error) => Err(error.to_string()),
    }
}
