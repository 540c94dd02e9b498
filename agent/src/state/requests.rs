use flux_delivery::CommandLine;
use flux_protocol::CommandId;
use tokio::sync::oneshot;

/// A request of the admin to the game loop, which handles it between two jobs.
#[derive(Debug)]
pub struct AdminRequest {
    /// The requested action.
    pub action: AdminAction,
    /// Receives the answer.
    pub reply: oneshot::Sender<Result<String, AdminRequestError>>,
}

/// An action that an admin can request from the game loop.
#[derive(Debug, Clone)]
pub enum AdminAction {
    /// Run this line; the answer is the game's.
    RunLine(CommandLine),
    /// Run a held job once more.
    Retry(CommandId),
    /// Close a job that has not been sent, with a reason.
    Drop(CommandId, String),
}

/// The reason an [`AdminRequest`] failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AdminRequestError {
    /// There is no connection to the game.
    #[error("the game cannot be reached: {0}")]
    Offline(String),
    /// There is no such job, or its state does not allow the action.
    #[error("{0}")]
    Refused(String),
}

/// A poll that the admin requests. It receives the number of items received, or the error.
pub type PollRequest = oneshot::Sender<Result<usize, String>>;
