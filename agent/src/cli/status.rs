use super::{complain, load};
use crate::control::{ControlError, Request, Status, ask};
use crate::exit::Exit;
use std::path::Path;

pub(super) fn run(path: &Path, json: bool) -> Exit {
    let config = match load(path) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let status: Status = match ask(&config.runtime_dir, &Request::Status) {
        Ok(status) => status,
        Err(error @ ControlError::Permission { .. }) => return complain(&error, Exit::Permission),
        Err(error) => return complain(&error, Exit::Unreachable),
    };
    if json {
        match serde_json::to_string_pretty(&status) {
            Ok(text) => println!("{text}"),
            Err(error) => return complain(&error, Exit::Internal),
        }
    } else {
        println!("{status}");
    }
    Exit::Done
}
