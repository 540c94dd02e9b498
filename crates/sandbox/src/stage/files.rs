use super::StageError;
use std::fs::OpenOptions;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes a file that only its owner can read.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), StageError> {
    let failed = || StageError::io(format!("writing {}", path.display()));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).map_err(failed())?;
    file.write_all(text.as_bytes()).map_err(failed())
}

/// A loopback address that was free a moment ago; the programs keep it over their restarts.
pub(super) fn free_address() -> Result<SocketAddr, StageError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(StageError::io("finding a free port"))?;
    listener.local_addr().map_err(StageError::io("finding a free port"))
}
