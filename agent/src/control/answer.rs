use super::{Players, Refused, Request, Status, queue};
use crate::Shared;
use crate::exit::Exit;
use crate::game::{Ask, AskError, Wish};
use flux_delivery::CommandLine;
use flux_delivery::policy::Ruling;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::oneshot;

pub(super) async fn answer(shared: &Shared, request: Request) -> Result<Value, Refused> {
    match request {
        Request::Status => value(Status::of(shared)),
        Request::QueueList { state, player } => value(queue::list(shared, state.as_deref(), player.as_deref())?),
        Request::QueueShow { id } => value(queue::show(shared, &id)?),
        Request::QueueRetry { id } => value(ask(shared, Wish::Retry(id)).await?),
        Request::QueueDrop { id, reason } => value(ask(shared, Wish::Drop(id, reason)).await?),
        Request::Poll => value(poll(shared).await?),
        Request::Players => value(players(shared)),
        Request::Rcon { line, policy } => value(ask(shared, Wish::Line(checked(shared, &line, policy)?)).await?),
        Request::Reload => value(shared.reload().map_err(|text| Refused { text, exit: Exit::Config })?),
    }
}

fn value(answer: impl Serialize) -> Result<Value, Refused> {
    serde_json::to_value(answer).map_err(|error| Refused { text: error.to_string(), exit: Exit::Internal })
}

fn checked(shared: &Shared, line: &str, policy: bool) -> Result<CommandLine, Refused> {
    let line =
        CommandLine::new(line).map_err(|reason| Refused::failed(format!("this line cannot be sent: {reason}")))?;
    match shared.config().policy.judge(&line) {
        ruling @ (Ruling::Denied { .. } | Ruling::NotAllowed { .. }) if policy => {
            Err(Refused { text: format!("{ruling}; --no-policy sends it all the same"), exit: Exit::Permission })
        }
        _ => Ok(line),
    }
}

async fn ask(shared: &Shared, wish: Wish) -> Result<String, Refused> {
    let (reply, answered) = oneshot::channel();
    shared.asks.try_send(Ask { wish, reply }).map_err(|_| busy())?;
    answered.await.map_err(|_| busy())?.map_err(|error| match error {
        AskError::Offline(_) => Refused { text: error.to_string(), exit: Exit::Unreachable },
        AskError::Refused(text) => Refused::failed(text),
    })
}

async fn poll(shared: &Shared) -> Result<usize, Refused> {
    let (reply, answered) = oneshot::channel();
    shared.polls.try_send(reply).map_err(|_| busy())?;
    answered.await.map_err(|_| busy())?.map_err(|text| Refused { text, exit: Exit::Unreachable })
}

fn busy() -> Refused {
    Refused { text: "the daemon has too much to do just now, or stops; try again".into(), exit: Exit::Unreachable }
}

fn players(shared: &Shared) -> Players {
    let view = shared.game.borrow();
    Players { players: view.names.clone(), source: view.presence_source.map(str::to_owned), at: view.players_at }
}
