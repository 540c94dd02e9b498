use crate::journal::JournalError;

/// The reason a connection to the game is given up.
#[derive(Debug)]
pub(super) enum Disconnect {
    /// The connection ended or failed.
    Failed(String),
    /// The configuration of the game has changed.
    Reconfigured,
    /// The daemon stops.
    Stopping,
}

/// The reason a step of the game loop did not complete.
pub(super) enum StepError {
    /// The connection is of no more use.
    Disconnected(Disconnect),
    /// The journal failed; the connection is still good.
    Journal(JournalError),
}

impl From<Disconnect> for StepError {
    fn from(reason: Disconnect) -> Self {
        StepError::Disconnected(reason)
    }
}

impl From<JournalError> for StepError {
    fn from(error: JournalError) -> Self {
        StepError::Journal(error)
    }
}
