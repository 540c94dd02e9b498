//! A sold command as its package is now: which of the package's present commands takes its place.

use super::{Command, NewCommand, Order, Origin, Package, Places, expand};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The reason that a command cannot take its package's present text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAsNow {
    /// It is no command of a package: a reward's, or one made by hand.
    NotOfPackage,
    /// The package has more, fewer or other commands for this server than the order was sold with, or in another order.
    PackageDiffers,
}

/// The package's present command at the place of `command`, with the id of `command`.
///
/// `sold` are the order's commands. A place is the command's number in its package, its unit and its server. They must be
/// the same for the whole package, so that no command is given in the place of another one.
///
/// # Errors
/// The reason that no present command takes its place.
pub fn as_now(
    order: &Order,
    package: &Package,
    sold: &[Command],
    command: &Command,
    now: Timestamp,
) -> Result<NewCommand, NotAsNow> {
    let Some(Origin::Package { id, on }) = &command.new.origin else { return Err(NotAsNow::NotOfPackage) };
    if *id != package.id {
        return Err(NotAsNow::PackageDiffers);
    }
    let here = Places::only(&command.new.server_id);
    let present = expand(order, std::slice::from_ref(package), *on, here, now);
    let present = present.map_err(|_| NotAsNow::PackageDiffers)?;
    // One that may run on any of several servers has the same place on each of them.
    let is_here = |other: &Command| other.new.server_id == command.new.server_id || !other.new.any_of.is_empty();
    let is_beside = |other: &&Command| other.new.origin == command.new.origin && is_here(other);
    let beside: Vec<&Command> = sold.iter().filter(is_beside).collect();
    let places: BTreeSet<_> = present.iter().map(|new| &new.id).collect();
    if places != beside.iter().map(|sold| &sold.new.id).collect() {
        return Err(NotAsNow::PackageDiffers);
    }
    let text_now = |wanted: &Command| present.iter().find(|new| new.id == wanted.new.id).map(|new| &new.command);
    let text = text_now(command);
    // Another place was sold with this text and has a new one: the package's commands have changed places.
    let was_moved = |other: &&Command| Some(&other.new.command) == text && text_now(other) != text;
    if text != Some(&command.new.command) && beside.iter().any(was_moved) {
        return Err(NotAsNow::PackageDiffers);
    }
    present.into_iter().find(|new| new.id == command.new.id).ok_or(NotAsNow::PackageDiffers)
}
