//! The daemon's side of the control socket: accepts clients, reads one request each, writes one answer.

use super::{Answer, Request, RequestError, Status, answer, ask, socket_path};
use crate::limits::{CONTROL_CLIENTS, CONTROL_DEADLINE, CONTROL_REQUEST_BYTES};
use crate::state::Shared;
use flux_config::exit_code::ExitCode;
use flux_signalr::client::{BoxFuture, ByteStream};
use flux_terminal::masked;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
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

/// The reason the socket cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another daemon, with another journal, listens there.
    #[error("{} is in use by {owner}; give this agent its own runtime_dir", path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
        /// Process id and config of the other daemon, as far as known.
        owner: String,
    },
    /// The operating system refused.
    #[error("cannot create the control socket in {}: {cause}; create the directory, or set runtime_dir", folder.display())]
    Refused {
        /// The runtime directory.
        folder: PathBuf,
        /// The error.
        cause: io::Error,
    },
}

/// Creates the socket with mode 0660, for the owner and the group. A socket that nobody listens on is left over and replaced.
///
/// # Errors
///
/// [`BindError::InUse`] if another daemon listens: the caller holds its own journal's lock, so that daemon has another journal.
pub fn bind(runtime_dir: &Path) -> Result<Box<dyn Listener>, BindError> {
    let path = socket_path(runtime_dir);
    if UnixStream::connect(&path).is_ok() {
        let owner = match ask::<Status>(runtime_dir, &Request::Status, CONTROL_DEADLINE) {
            Ok(status) => format!("the flux-agent with pid {} and {}", status.pid, status.config.path.display()),
            Err(_) => "another process".to_owned(),
        };
        return Err(BindError::InUse { path, owner });
    }
    create(runtime_dir, &path).map_err(|cause| BindError::Refused { folder: runtime_dir.to_owned(), cause })
}

fn create(runtime_dir: &Path, path: &Path) -> io::Result<Box<dyn Listener>> {
    if !runtime_dir.exists() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(runtime_dir)?;
        // The umask would take this from a mode that is given at once.
        std::fs::set_permissions(runtime_dir, std::fs::Permissions::from_mode(0o750))?;
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
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
    timeout(CONTROL_DEADLINE, stream.write_all(masked(&answer).as_bytes())).await?
}
