//! The daemon's side of the control socket: accepts clients, reads one request each, writes one answer.

use super::{Answer, Request, RequestError, answer, socket_path};
use crate::limits::{CONTROL_CLIENTS, CONTROL_DEADLINE, CONTROL_REQUEST_BYTES};
use crate::state::Shared;
use flux_config::exit_code::ExitCode;
use flux_signalr::client::{BoxFuture, ByteStream};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Accepts connections of the command line. A simulation supplies its own listener.
pub trait Listener: Send + Sync {
    /// Waits for the next connection.
    fn accept(&self) -> BoxFuture<'_, io::Result<Box<dyn ByteStream>>>;
}

impl Listener for UnixListener {
    fn accept(&self) -> BoxFuture<'_, io::Result<Box<dyn ByteStream>>> {
        Box::pin(async { Ok(Box::new(UnixListener::accept(self).await?.0) as Box<dyn ByteStream>) })
    }
}

/// Creates the socket with mode 0660, for the owner and the group. The caller holds the journal's lock, so an existing socket is left over from a daemon
/// that no longer runs.
pub fn bind(runtime_dir: &Path) -> io::Result<Box<dyn Listener>> {
    std::fs::create_dir_all(runtime_dir)?;
    let path = socket_path(runtime_dir);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o660))?;
    Ok(Box::new(listener))
}

/// Serves clients until the task is aborted.
pub async fn serve(listener: Box<dyn Listener>, shared: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(CONTROL_CLIENTS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok(stream) => {
                let shared = shared.clone();
                tokio::spawn(async move {
                    let answered = serve_one(stream, &shared).await;
                    if answered.is_err() {
                        tracing::debug!("a control client disconnected");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "failed to accept a control client");
                tokio::time::sleep(CONTROL_DEADLINE).await;
            }
        }
    }
}

async fn serve_one(stream: Box<dyn ByteStream>, shared: &Shared) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    timeout(CONTROL_DEADLINE, (&mut stream).take(CONTROL_REQUEST_BYTES).read_line(&mut line)).await??;
    let answer = match serde_json::from_str::<Request>(&line) {
        Ok(request) => {
            let deadline = request.deadline(shared.config().rcon.timeout);
            let late = Err(RequestError { text: "no answer in time; try again".into(), exit: ExitCode::Unreachable });
            timeout(deadline, answer::answer(shared, request)).await.unwrap_or(late)
        }
        Err(_) => {
            Err(RequestError::failed("the daemon does not know this request; it may be older than this command".into()))
        }
    };
    let answer = answer.map_or_else(Answer::Refused, Answer::Done);
    let answer = serde_json::to_string(&answer).map_err(io::Error::other)? + "\n";
    timeout(CONTROL_DEADLINE, stream.write_all(answer.as_bytes())).await?
}
