//! The errors of the commands, and the exit code of each.

use crate::services::ServiceError;
use flux_config::ConfigError;
use flux_config::exit_code::ExitCode;
use std::io;
use std::net::SocketAddr;

/// The reason that a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The config is wrong or missing.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The database.
    #[error(transparent)]
    Db(#[from] flux_storage::Error),
    /// A service refused.
    #[error(transparent)]
    ServiceError(ServiceError),
    /// A key of this name exists already.
    #[error("a key of this name exists; revoke it, or choose another name")]
    KeyExists,
    /// A text that begins the ids of two servers.
    #[error("{0} begins more than one id, such as {1} and {2}: give more of it")]
    AmbiguousId(String, String, String),
    /// The address to listen on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        cause: io::Error,
    },
    /// The config has no `mail`.
    #[error("the config has no `mail` section: mails are recorded as events and not sent")]
    NoMail,
    /// The mail server did not take a test mail.
    #[error("the test mail was not sent: {0}")]
    MailNotSent(String),
    /// A bug in the program.
    #[error("internal error; please report it")]
    Internal,
}

impl From<ServiceError> for CliError {
    fn from(refused: ServiceError) -> CliError {
        match refused {
            ServiceError::Db(error) => CliError::Db(error),
            other => CliError::ServiceError(other),
        }
    }
}

impl CliError {
    /// The program's exit code.
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::Config(error) => error.exit_code(),
            Self::Db(
                flux_storage::Error::Newer { .. }
                | flux_storage::Error::Damaged(_)
                | flux_storage::Error::DamagedBackup(_)
                | flux_storage::Error::BadRow(_),
            ) => ExitCode::Damaged,
            Self::Db(
                flux_storage::Error::CannotCreate { .. }
                | flux_storage::Error::Exists(_)
                | flux_storage::Error::InUse(_),
            ) => ExitCode::CannotCreate,
            Self::Db(flux_storage::Error::Permission(_) | flux_storage::Error::Exposed { .. }) => ExitCode::Permission,
            Self::Db(flux_storage::Error::Statement(_) | flux_storage::Error::Refused(_)) | Self::Internal => {
                ExitCode::Internal
            }
            Self::Listen { cause, .. } if cause.kind() == io::ErrorKind::PermissionDenied => ExitCode::Permission,
            Self::Listen { .. } | Self::MailNotSent(_) => ExitCode::Unreachable,
            Self::NoMail => ExitCode::Config,
            Self::Db(_) | Self::ServiceError(_) | Self::KeyExists | Self::AmbiguousId(..) => ExitCode::Failed,
        }
    }
}
