//! Servers for which a package has commands and an order makes none.

use super::{OrderItem, Package, PackageId, ServerChoice, Trigger};
use flux_protocol::ServerId;

/// A removed server that a package still names: the order has no command for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The package.
    pub package: PackageId,
    /// The server.
    pub server: ServerId,
}

/// The servers that these items' packages name, that accept no commands, and for which an order therefore makes none.
/// Of a command for any one of several servers, all must be gone.
pub fn left_out(items: &[OrderItem], packages: &[Package], receiving: &[ServerId]) -> Vec<LeftOut> {
    let mut found = Vec::new();
    for package in packages.iter().filter(|package| items.iter().any(|item| item.package_id == package.id)) {
        let bought = package.content.commands.iter().filter(|template| template.on == Trigger::Purchase);
        for choice in bought.map(|template| &template.servers) {
            let is_covered =
                matches!(choice, ServerChoice::AnyOf(ids) if ids.iter().any(|server| receiving.contains(server)));
            let gone = choice.named().iter().filter(|server| !is_covered && !receiving.contains(server));
            for server in gone {
                let one = LeftOut { package: package.id.clone(), server: server.clone() };
                if !found.contains(&one) {
                    found.push(one);
                }
            }
        }
    }
    found
}
