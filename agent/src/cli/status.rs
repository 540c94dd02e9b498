use super::say::{say, say_json};
use super::{asked, load};
use crate::control::{Request, Status};
use crate::exit::Exit;
use std::path::Path;

pub(super) fn run(path: &Path, json: bool) -> Result<Exit, Exit> {
    let status: Status = asked(&load(path)?, &Request::Status)?;
    if json {
        return Ok(say_json(&status));
    }
    say(status);
    Ok(Exit::Done)
}
