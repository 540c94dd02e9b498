//! Makes patterns for `policy.allow` of the commands that a store has sent.

use super::glob::{ID, PLAYER, UUID, escape};
use super::line::normalized;
use crate::PlayerName;
use crate::template::fill_with;
use flux_protocol::Command;

/// The pattern that matches the command's line for every player: nothing but the player's name and UUID can differ.
///
/// `None` if the template cannot be filled in.
pub fn pattern_of(command: &Command) -> Option<String> {
    let mut has_player = false;
    let pattern = fill_with(&escape(&command.command), |placeholder| {
        let hole = match placeholder {
            "player" | "username" => PLAYER,
            "uuid" => UUID,
            "id" => ID,
            other => return command.values.get(other).map(|value| escape(value)),
        };
        has_player = true;
        Some(hole.to_owned())
    })?;
    let pattern = normalized(&pattern, |word| word.rsplit_once(':').map_or(word, |(_, word)| word));
    let name = command.player.as_ref().map(|player| player.name.as_str());
    match name
        .filter(|name| !has_player && PlayerName::parse(name.trim_start_matches(['.', '*', '+', '-']), "").is_some())
    {
        Some(name) => Some(with_hole(&pattern, name)),
        None => Some(pattern),
    }
    .filter(|pattern| !pattern.is_empty())
}

/// Puts the hole in place of the player's name behind the first word, where the store filled the name in itself.
fn with_hole(pattern: &str, name: &str) -> String {
    let (first, mut rest) = pattern.split_at(pattern.find(' ').unwrap_or(pattern.len()));
    let name = escape(name);
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut holed = first.to_owned();
    while let Some(at) = rest.find(&name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        let whole = !before.ends_with(in_name) && !after.starts_with(in_name);
        holed.push_str(before);
        holed.push_str(if whole { PLAYER } else { &name });
        rest = after;
    }
    holed + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Glob, Mode, Policy, Ruling};
    use crate::{CommandLine, build_line};

    fn command(template: &str) -> Command {
        serde_json::from_value(serde_json::json!({
            "id": "cmd_1", "attempt": 1, "kind": "purchase", "command": template, "requireOnline": true, "sequence": 1,
            "player": {"name": "Steve", "uuid": "069a79f444e94726a5befca90e38aaf5"}, "values": {"quantity": "3"},
        }))
        .unwrap()
    }

    #[test]
    fn only_the_player_is_a_hole() {
        for (template, pattern) in [
            ("/minecraft:Give  {player} diamond {quantity}", "give {player} diamond 3"),
            ("lp user <player> permission set a.* true", "lp user {player} permission set a.\\* true"),
            ("lp user {uuid} parent add vip", "lp user {uuid} parent add vip"),
            ("x {id} why?", "x {id} why\\?"),
            ("give Steve name_Steve 1", "give {player} name_Steve 1"),
            ("say Steve, SteveX", "say {player}, SteveX"),
        ] {
            assert_eq!(pattern_of(&command(template)).as_deref(), Some(pattern), "{template}");
        }
        assert_eq!(pattern_of(&command("give {player} {unknown}")), None);
    }

    #[test]
    fn suggested_pattern_allows_its_own_command_and_nothing_more() {
        for template in [
            r#"tellraw {player} {"text":"a\"b*?","color":"red"}"#,
            "give {player} diamond{a:[{b:1}]} {quantity}",
            "execute as {player} at @s run summon pig ~ ~ ~",
            "lp user {uuid} parent add vip",
            "nick {player} {player}_vip",
        ] {
            let command = command(template);
            let allow = vec![Glob::new(&pattern_of(&command).unwrap()).unwrap()];
            let policy = Policy { mode: Mode::Strict, allow, deny: vec![] };
            let (line, _) = build_line(&command, None, "", &policy).unwrap();
            for more in [format!("{line} x"), format!("{line}x"), line.as_str().replace("Steve", "@a") + "@a"] {
                assert_ne!(policy.judge(&CommandLine::new(&more).unwrap()), Ruling::Allowed, "{more}");
            }
        }
    }
}
