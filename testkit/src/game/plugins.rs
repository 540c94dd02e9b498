//! Commands of plugins. Their texts have colour codes and end with a newline. The game has dispatched each of them, and so each counts as a success.

use super::player::Player;
use super::world::World;

impl World {
    /// EssentialsX's list: by permission group, here all in one.
    pub(super) fn list_by_group(&self) -> String {
        let online = self.online();
        format!(
            "§6There are §c{}§6 out of maximum §c{}§6 players online.\n§6default§f: {}\n",
            online.len(),
            self.max_players,
            online.join(", ")
        )
    }

    /// EssentialsX pays every player who has ever played here, online or not.
    pub(super) fn give_money(&mut self, line: &str, player: &str, amount: i64) -> String {
        let Some((name, player)) = self.known(player) else { return "§cError: §4Player not found.\n".to_owned() };
        player.balance += amount;
        let text = format!("§a${amount} added to {name}'s account. New balance: ${}\n", player.balance);
        self.took_effect(line, vec![name]);
        text
    }

    /// There is one kit, and one that its plugin refuses in unusual words.
    pub(super) fn give_kit(&mut self, line: &str, kit: &str, player: &str) -> String {
        let Some((name, _)) = self.known(player) else { return "§cError: §4Player not found.\n".to_owned() };
        match kit {
            "starter" => {
                self.took_effect(line, vec![name.clone()]);
                format!("§6Giving kit§c {kit}§6 to §c{name}§6.\n")
            }
            "closed" => "§8[§6Kits§8] §7This kit opens in summer, not before.\n".to_owned(),
            _ => "§cError: §4That kit does not exist.\n".to_owned(),
        }
    }

    /// LuckPerms runs outside the main thread: its answer comes too late for RCON.
    pub(super) fn add_group(&mut self, line: &str, player: &str, group: &str) -> String {
        if let Some((name, player)) = self.known(player) {
            player.groups.insert(group.to_owned());
            self.took_effect(line, vec![name]);
        }
        String::new()
    }

    fn known(&mut self, wanted: &str) -> Option<(String, &mut Player)> {
        let name = self.players.keys().find(|name| name.eq_ignore_ascii_case(wanted))?.clone();
        let player = self.players.get_mut(&name)?;
        Some((name, player))
    }
}
