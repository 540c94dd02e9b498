//! The decision to run a command now, to let it wait or to refuse it, and the building of its command line.
//!
//! The caller passes every fact: the time, the list of online players, the admin's policy.

use crate::policy::{Policy, Ruling};
use crate::template::needs_uuid;
use crate::{CommandLine, LINE_BYTES, OnlinePlayer, OnlinePlayers, PLAYER_NAME_CHARS, PlayerName, Uuid, fill};
use flux_protocol::template::invisible;
use flux_protocol::{Command, FailReason, WaitReason};
use jiff::{SignedDuration, Timestamp};

/// The facts that decide whether a command may run.
#[derive(Debug)]
pub struct RunConditions<'a> {
    /// The first receipt of the command's id, on this machine's clock.
    pub received_at: Timestamp,
    /// The present time on this machine's clock.
    pub now: Timestamp,
    /// The present time on the store's clock, which `expiresAt` refers to.
    pub store_now: Timestamp,
    /// The players in the game; `None` until the game has listed them.
    pub online_players: Option<&'a OnlinePlayers>,
    /// The wait between a player's join and their first command.
    pub join_delay: SignedDuration,
    /// The prefix of Bedrock players' names, empty for none.
    pub bedrock_prefix: &'a str,
    /// The admin's policy.
    pub policy: &'a Policy,
}

/// The next step for a command that is waiting to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Send this line.
    Run {
        /// The line for the game.
        line: CommandLine,
        /// The player in it, in the game's own spelling where the game has listed them.
        player: Option<PlayerName>,
    },
    /// Keep the command until its player can receive it.
    Wait(WaitReason),
    /// Keep the command until its player joins: the template needs their UUID, and only the game's list can have it.
    WaitForUuid,
    /// Decide again at this time.
    NotBefore(Timestamp),
    /// Read the game's list of online players, then decide again.
    AskWhoIsOnline,
    /// Close the command as failed.
    Refuse(Refusal),
}

/// The reason why a command must not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason in the report to the store.
    pub reason: FailReason,
    /// The rule that was broken, for the admin.
    pub detail: String,
}

impl Refusal {
    fn new(reason: FailReason, detail: impl Into<String>) -> Refusal {
        Refusal { reason, detail: detail.into() }
    }
}

/// Decides whether a command runs now.
///
/// A bad name, a bad template and a forbidden line are refused before anything is waited for, because no later
/// moment makes them valid.
pub fn decide(command: &Command, conditions: &RunConditions<'_>) -> Decision {
    if command.expires_at.is_some_and(|expires_at| conditions.store_now >= expires_at) {
        return Decision::Refuse(Refusal::new(FailReason::Expired, "the command's expiry time has passed"));
    }
    if let Err(refusal) = build_line(command, None, conditions.bedrock_prefix, conditions.policy) {
        return Decision::Refuse(refusal);
    }
    // After the clock was set back, a command must not wait until the clock has caught up.
    let received_at = conditions.received_at.min(conditions.now);
    let due_at = received_at + SignedDuration::from_secs(command.delay_seconds.unwrap_or(0).into());
    if conditions.now < due_at {
        return Decision::NotBefore(due_at);
    }
    let listed = match (&command.player, conditions.online_players) {
        (Some(_), None) if command.require_online => return Decision::AskWhoIsOnline,
        (Some(player), Some(online_players)) if command.require_online => match online_players.find(player) {
            None => return Decision::Wait(WaitReason::PlayerOffline),
            Some((listed, since)) => {
                let ready_at = since.min(conditions.now) + conditions.join_delay;
                if conditions.now < ready_at {
                    return Decision::NotBefore(ready_at);
                }
                Some(listed)
            }
        },
        // The template needs a UUID that only the game's list can have.
        (Some(player), online_players) if needs_listed_uuid(command) => {
            let Some(online_players) = online_players else { return Decision::AskWhoIsOnline };
            let Some((listed, _)) = online_players.find(player) else { return Decision::WaitForUuid };
            Some(listed)
        }
        _ => None,
    };
    match build_line(command, listed, conditions.bedrock_prefix, conditions.policy) {
        Ok((line, player)) => Decision::Run { line, player },
        Err(refusal) => Decision::Refuse(refusal),
    }
}

/// Fills in the command's template and checks the line against the policy.
///
/// `listed` is the player in the game's own list. With it, the line has the game's spelling of the name; without it,
/// the store's. A `{uuid}` that nobody has sent yet is accepted without `listed`, because the game's list supplies it later.
///
/// # Errors
///
/// [`Refusal`] for an invalid name, a template that cannot be filled in, a line that is too long, or a line that the
/// policy forbids.
pub fn build_line(
    command: &Command,
    listed: Option<&OnlinePlayer>,
    bedrock_prefix: &str,
    policy: &Policy,
) -> Result<(CommandLine, Option<PlayerName>), Refusal> {
    let meant = command.player.as_ref();
    let spelling = listed.map(|player| player.name.as_str()).or(meant.map(|player| player.name.as_str()));
    let name = spelling
        .map(|text| {
            PlayerName::parse(text, bedrock_prefix).ok_or_else(|| {
                Refusal::new(
                    FailReason::InvalidPlayerName,
                    format!(
                        "a player's name is 1 to {PLAYER_NAME_CHARS} characters of A-Z a-z 0-9 _, after at most one players.bedrock_prefix"
                    ),
                )
            })
        })
        .transpose()?;
    let from_store = meant.and_then(|player| player.uuid.as_deref()).and_then(Uuid::parse);
    let comes_with_join = (name.is_some() && listed.is_none()).then_some(Uuid::NIL);
    let uuid = listed.and_then(|player| player.uuid).or(from_store).or(comes_with_join);
    let text = fill(&command.command, name.as_ref(), uuid, &command.values).map_err(|reason| {
        let detail = match (&name, uuid) {
            (Some(name), None) if needs_uuid(&command.command) => {
                format!("no UUID is known for {name}: neither the order nor the game's player list has one")
            }
            _ => "the template is too long, or has a placeholder without a value, or a value with forbidden characters"
                .to_owned(),
        };
        Refusal::new(reason, detail)
    })?;
    let line = CommandLine::new(&text).map_err(|reason| {
        let detail = match (reason, invisible(&text)) {
            (FailReason::CommandTooLong, _) => format!("the line is longer than {LINE_BYTES} bytes"),
            (_, Some((position, character))) => {
                format!("the line has the invisible character U+{:04X} at position {position}", character as u32)
            }
            (_, None) => "the line is empty".to_owned(),
        };
        Refusal::new(reason, detail)
    })?;
    match policy.judge(&line) {
        Ruling::Allowed => Ok((line, name)),
        ruling @ (Ruling::Unreadable { .. } | Ruling::Denied { .. } | Ruling::NotAllowed { .. }) => {
            Err(Refusal::new(FailReason::BlockedByPolicy, ruling.to_string()))
        }
    }
}

/// True if only the game's list can have the UUID that the template needs.
fn needs_listed_uuid(command: &Command) -> bool {
    let from_store = command.player.as_ref().and_then(|player| player.uuid.as_deref()).and_then(Uuid::parse);
    from_store.is_none() && needs_uuid(&command.command)
}

#[cfg(test)]
mod tests;
