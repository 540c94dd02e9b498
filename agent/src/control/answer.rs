//! Answers the requests of the control socket.

use super::{Players, Request, RequestError, Status, queue};
use crate::journal::{JobFilter, StateFilter};
use crate::state::Shared;
use crate::state::{AdminAction, AdminRequest, AdminRequestError};
use flux_config::exit_code::ExitCode;
use flux_delivery::CommandLine;
use flux_delivery::policy::Ruling;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::oneshot;

pub(super) async fn answer(shared: &Shared, request: Request) -> Result<Value, RequestError> {
    match request {
        Request::Status => value(Status::of(shared)),
        Request::QueueList { state, all, order, player } => {
            let state =
                state.as_deref().map_or(if all { StateFilter::All } else { StateFilter::Open }, StateFilter::Only);
            value(queue::list(shared, &JobFilter { state, order: order.as_deref(), player: player.as_deref() })?)
        }
        Request::QueueShow { id } => value(queue::show(shared, &queue::whole_id(shared, id)?)?),
        Request::QueueRetry { id } => {
            let id = queue::whole_id(shared, id)?;
            value(send_request(shared, AdminAction::Retry(id)).await?)
        }
        Request::QueueDrop { id, reason } => {
            let id = queue::whole_id(shared, id)?;
            value(send_request(shared, AdminAction::Drop(id, reason)).await?)
        }
        Request::Poll => value(poll(shared).await?),
        Request::Players => value(players(shared)),
        Request::Rcon { line, policy } => {
            value(send_request(shared, AdminAction::RunLine(checked(shared, &line, policy)?)).await?)
        }
        Request::Reload => {
            value(crate::reload::reload(shared).map_err(|text| RequestError { text, exit: ExitCode::Config })?)
        }
    }
}

fn value(answer: impl Serialize) -> Result<Value, RequestError> {
    serde_json::to_value(answer).map_err(|error| RequestError { text: error.to_string(), exit: ExitCode::Internal })
}

fn checked(shared: &Shared, line: &str, policy: bool) -> Result<CommandLine, RequestError> {
    let line =
        CommandLine::new(line).map_err(|reason| RequestError::failed(format!("this line cannot be sent: {reason}")))?;
    match shared.config().policy.judge(&line) {
        ruling @ (Ruling::Unreadable { .. } | Ruling::Denied { .. } | Ruling::NotAllowed { .. }) if policy => {
            Err(RequestError { text: format!("{ruling}; --no-policy sends it anyway"), exit: ExitCode::Permission })
        }
        _ => Ok(line),
    }
}

async fn send_request(shared: &Shared, action: AdminAction) -> Result<String, RequestError> {
    let (reply, answered) = oneshot::channel();
    shared.admin_requests.try_send(AdminRequest { action, reply }).map_err(|_| busy())?;
    answered.await.map_err(|_| busy())?.map_err(|error| match error {
        AdminRequestError::Offline(_) => RequestError { text: error.to_string(), exit: ExitCode::Unreachable },
        AdminRequestError::Refused(text) => RequestError::failed(text),
    })
}

async fn poll(shared: &Shared) -> Result<usize, RequestError> {
    let (reply, answered) = oneshot::channel();
    shared.polls.try_send(reply).map_err(|_| busy())?;
    answered.await.map_err(|_| busy())?.map_err(|text| RequestError { text, exit: ExitCode::Unreachable })
}

fn busy() -> RequestError {
    RequestError { text: "the daemon is busy or stopping; try again".into(), exit: ExitCode::Unreachable }
}

fn players(shared: &Shared) -> Players {
    let view = shared.game.borrow();
    Players { players: view.names.clone(), source: view.list_command.map(str::to_owned), at: view.players_at }
}
