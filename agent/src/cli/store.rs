use super::say::{say, say_json};
use super::{asked, load};
use crate::Reloaded;
use crate::config::Config;
use crate::control::Request;
use crate::exit::Exit;
use std::path::Path;

pub(super) fn poll(path: &Path) -> Result<Exit, Exit> {
    let items: usize = asked(&load(path)?, &Request::Poll)?;
    say(format!("the store answered; items brought: {items}"));
    Ok(Exit::Done)
}

/// The daemon reads and checks the file itself; here it is checked first, because a broken one may name another socket.
pub(super) fn reload(path: &Path, json: bool) -> Result<Exit, Exit> {
    tell_daemon(&load(path)?, json)
}

pub(super) fn tell_daemon(config: &Config, json: bool) -> Result<Exit, Exit> {
    let reloaded: Reloaded = asked(config, &Request::Reload)?;
    if json {
        return Ok(say_json(&reloaded));
    }
    match reloaded.changed.as_slice() {
        [] => say("nothing has changed"),
        changed => say(format!("in force now: {}", changed.join(", "))),
    }
    if !reloaded.needs_restart.is_empty() {
        say(format!("needs a restart: {}", reloaded.needs_restart.join(", ")));
    }
    Ok(Exit::Done)
}
