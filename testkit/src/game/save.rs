//! The world file: JSON, replaced as a whole. A rename is atomic and survives the death of the process (not that of the machine, for which
//! each line would need an fsync).

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::world::World;
use crate::Error;

/// Reads the world from a file; `None` if there is no file yet.
pub(super) fn load(path: &Path) -> Result<Option<World>, Error> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| Error::WorldDamaged { path: path.to_owned(), source }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::World { path: path.to_owned(), source }),
    }
}

/// Replaces the file through a new one in the same folder.
pub(super) fn store(path: &Path, world: &World) -> Result<(), Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    serde_json::to_vec_pretty(world)
        .map_err(Into::into)
        .and_then(|bytes| fs::write(&name, bytes))
        .and_then(|()| fs::rename(&name, path))
        .map_err(|source| Error::World { path: path.to_owned(), source })
}
