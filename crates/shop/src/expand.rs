//! Expands a paid order into its commands.

use super::{CommandTemplate, NewCommand, Order, Origin, Package, ServerChoice, Trigger};
use crate::limits;
use flux_protocol::{CommandId, CommandKind, ServerId, derived_command_id};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// An order that would make more than 1,000 commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyCommands;

/// The place of a command of any one server in a derived id. No server has this id.
const ANY: &str = "any";

/// The servers for which an order makes commands.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    /// The servers that accept new commands.
    pub receiving: &'a [ServerId],
    /// The server on which the player was seen last: it is preferred where any one server will do.
    pub last_seen: Option<&'a ServerId>,
}

impl<'a> Places<'a> {
    /// One server only.
    pub fn only(server: &'a ServerId) -> Places<'a> {
        Places { receiving: std::slice::from_ref(server), last_seen: None }
    }

    /// The servers for which this choice makes commands.
    fn of(self, choice: &'a ServerChoice) -> Vec<&'a ServerId> {
        let receiving = |server: &&ServerId| self.receiving.contains(server);
        match choice {
            ServerChoice::All => self.receiving.iter().collect(),
            ServerChoice::These(ids) => self.receiving.iter().filter(|server| ids.contains(server)).collect(),
            ServerChoice::AnyOf(ids) => {
                let seen = self.last_seen.filter(|server| ids.contains(server)).filter(receiving);
                seen.or_else(|| ids.iter().find(receiving)).into_iter().collect()
            }
        }
    }
}

/// Creates the commands of an order for this trigger: for each package, unit, template and server, in this order. A template
/// with `{quantity}` is used once per item. `packages` are the packages of the items or some of them, in the items' order.
pub fn expand(
    order: &Order,
    packages: &[Package],
    trigger: Trigger,
    places: Places<'_>,
    now: Timestamp,
) -> Result<Vec<NewCommand>, TooManyCommands> {
    let mut commands = Vec::new();
    for package in packages {
        let Some(item) = order.content.items.iter().find(|item| item.package_id == package.id) else { continue };
        for unit in 1..=item.quantity.get() {
            for (index, template) in package.content.commands.iter().enumerate() {
                let once = template.command.as_str().contains("{quantity}");
                if template.on != trigger || (once && unit > 1) {
                    continue;
                }
                let is_any = matches!(template.servers, ServerChoice::AnyOf(_));
                for server in places.of(&template.servers) {
                    if commands.len() == limits::ORDER_COMMANDS {
                        return Err(TooManyCommands);
                    }
                    let parts = [
                        order.id.as_str(),
                        package.id.as_str(),
                        &index.to_string(),
                        &unit.to_string(),
                        if is_any { ANY } else { server.as_str() },
                    ];
                    let values = values(order.id.as_str(), package, item.quantity.get());
                    let origin = Origin::Package { id: package.id.clone(), on: trigger };
                    commands.push(command(derived_command_id(&parts), order, origin, template, server, values, now));
                }
            }
        }
    }
    Ok(commands)
}

/// The values of the template's placeholders besides the player. Each is an id or a number, so it matches the contract's
/// `[A-Za-z0-9_.,:-]{0,64}`. The price is the price of one unit, in minor units.
pub(crate) fn values(order: &str, package: &Package, quantity: u32) -> BTreeMap<String, String> {
    [
        ("quantity", quantity.to_string()),
        ("package", package.id.to_string()),
        ("price", package.content.price.get().to_string()),
        ("order", order.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn command(
    id: CommandId,
    order: &Order,
    origin: Origin,
    template: &CommandTemplate,
    server: &ServerId,
    values: BTreeMap<String, String>,
    now: Timestamp,
) -> NewCommand {
    NewCommand {
        id,
        server_id: server.clone(),
        any_of: match &template.servers {
            ServerChoice::AnyOf(ids) => ids.clone(),
            ServerChoice::All | ServerChoice::These(_) => Vec::new(),
        },
        order_id: Some(order.id.clone()),
        origin: Some(origin),
        kind: CommandKind::Purchase,
        player: Some(order.content.player.clone().into()),
        command: template.command.to_string(),
        values,
        require_online: template.require_online,
        delay_seconds: template.delay_seconds.get(),
        required_slots: template.required_slots.get(),
        expires_at: template.expires_seconds.map(|seconds| now + SignedDuration::from_secs(seconds.get().into())),
    }
}
