use crate::policy::{Policy, Ruling};
use crate::{CommandLine, PlayerName, Roster, Uuid, fill};
use flux_protocol::{Command, FailReason, WaitReason};
use jiff::{SignedDuration, Timestamp};

/// What a command's run depends on.
#[derive(Debug)]
pub struct Conditions<'a> {
    /// When the id was first received.
    pub received_at: Timestamp,
    /// Now, on this machine's clock.
    pub now: Timestamp,
    /// Now, on the store's clock: what `expiresAt` is judged by.
    pub store_now: Timestamp,
    /// Who is online; `None` while the game has not said.
    pub roster: Option<&'a Roster>,
    /// How long after a join a player's commands run.
    pub join_delay: SignedDuration,
    /// The Bedrock prefix that a name may have.
    pub bedrock_prefix: &'a str,
    /// What the admin allows.
    pub policy: &'a Policy,
}

/// What is to be done with a command that wants to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// Send this line. The name is the game's own spelling where it said one.
    Run {
        /// The line.
        line: CommandLine,
        /// The player in it.
        player: Option<PlayerName>,
    },
    /// It waits for its player.
    Wait(WaitReason),
    /// Ask again then.
    NotBefore(Timestamp),
    /// Who is online is not known: ask the game first.
    AskWhoIsOnline,
    /// It must not run.
    Refuse {
        /// The report's reason.
        reason: FailReason,
        /// For the admin: which rule.
        detail: String,
    },
}

/// Decides whether a command runs now. What no later moment can mend (a bad name, template or policy) is refused before anything is waited for.
pub fn gate(command: &Command, conditions: &Conditions<'_>) -> Gate {
    if command.expires_at.is_some_and(|expires_at| conditions.store_now >= expires_at) {
        return refuse(FailReason::Expired, "its time had run out");
    }
    if let Err(refusal) = resolve(command, None, conditions.bedrock_prefix, conditions.policy) {
        return refusal;
    }
    // A clock that was set back has nothing wait until it has caught up.
    let received_at = conditions.received_at.min(conditions.now);
    let due_at = received_at + SignedDuration::from_secs(command.delay_seconds.unwrap_or(0).into());
    if conditions.now < due_at {
        return Gate::NotBefore(due_at);
    }
    let seen = match (&command.player, conditions.roster) {
        (Some(_), None) if command.require_online => return Gate::AskWhoIsOnline,
        (Some(player), Some(roster)) if command.require_online => match roster.find(player) {
            None => return Gate::Wait(WaitReason::PlayerOffline),
            Some((_, since)) if conditions.now < since.min(conditions.now) + conditions.join_delay => {
                return Gate::NotBefore(since.min(conditions.now) + conditions.join_delay);
            }
            Some((player, _)) => Some(player),
        },
        _ => None,
    };
    match resolve(command, seen, conditions.bedrock_prefix, conditions.policy) {
        Ok((line, player)) => Gate::Run { line, player },
        Err(refusal) => refusal,
    }
}

/// Fills the template in and judges it. With `seen`, the game's own spelling is used; without, the store's (`{uuid}` may then still be learnt
/// on join, so it is not missed yet where the player must be online).
pub fn resolve(
    command: &Command,
    seen: Option<&crate::OnlinePlayer>,
    bedrock_prefix: &str,
    policy: &Policy,
) -> Result<(CommandLine, Option<PlayerName>), Gate> {
    let spelling =
        seen.map(|player| player.name.as_str()).or(command.player.as_ref().map(|player| player.name.as_str()));
    let name = match spelling {
        None => None,
        Some(text) => match PlayerName::parse(text, bedrock_prefix) {
            Some(name) => Some(name),
            None => {
                return Err(refuse(
                    FailReason::InvalidPlayerName,
                    "a name is 1 to 16 of A-Z a-z 0-9 _, after one players.bedrock_prefix",
                ));
            }
        },
    };
    let told = command.player.as_ref().and_then(|player| player.uuid.as_deref()).and_then(Uuid::parse);
    let learnt_on_join = (command.require_online && seen.is_none()).then_some(Uuid::NIL);
    let uuid = seen.and_then(|player| player.uuid).or(told).or(learnt_on_join);
    let text = fill(&command.command, name.as_ref(), uuid, &command.values).map_err(|reason| {
        refuse(reason, "the template has a placeholder that nothing fills, a value that is not allowed, or is too long")
    })?;
    let line = CommandLine::new(&text)
        .map_err(|reason| refuse(reason, "the line is empty, has control characters, or is over 1,400 bytes"))?;
    match policy.judge(&line) {
        Ruling::Allowed => Ok((line, name)),
        ruling => Err(refuse(FailReason::BlockedByPolicy, &ruling.to_string())),
    }
}

fn refuse(reason: FailReason, detail: &str) -> Gate {
    Gate::Refuse { reason, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OnlinePlayer;
    use crate::policy::Glob;
    use flux_protocol::{Attempt, CommandKind, PlayerRef};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn give() -> Command {
        Command {
            id: "cmd_1".parse().unwrap(),
            attempt: Attempt::FIRST,
            order_id: None,
            kind: CommandKind::Purchase,
            player: Some(PlayerRef { name: "steve".into(), uuid: None }),
            command: "give {player} diamond".into(),
            values: Default::default(),
            require_online: true,
            delay_seconds: None,
            required_slots: None,
            expires_at: None,
            sequence: 1,
            redelivered: false,
        }
    }

    fn judge(command: &Command, online: Option<&[&str]>, now: Timestamp) -> Gate {
        let roster = online.map(|names| {
            let mut roster = Roster::default();
            roster.update(
                names
                    .iter()
                    .map(|name| OnlinePlayer {
                        name: (*name).into(),
                        uuid: Uuid::parse("069a79f444e94726a5befca90e38aaf5"),
                    })
                    .collect(),
                at(100),
            );
            roster
        });
        let policy = Policy { allow: vec![], deny: vec![Glob::new("op").unwrap()] };
        gate(
            command,
            &Conditions {
                received_at: at(0),
                now,
                store_now: now,
                roster: roster.as_ref(),
                join_delay: SignedDuration::from_secs(2),
                bedrock_prefix: ".",
                policy: &policy,
            },
        )
    }

    fn line(gate: Gate) -> String {
        match gate {
            Gate::Run { line, .. } => line.to_string(),
            other => panic!("{other:?}"),
        }
    }

    fn reason(gate: Gate) -> FailReason {
        match gate {
            Gate::Refuse { reason, .. } => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_online_players_command_runs_with_the_games_own_spelling() {
        assert_eq!(line(judge(&give(), Some(&["Steve"]), at(200))), "give Steve diamond");
    }

    #[test]
    fn an_absent_players_command_waits_and_a_fresh_join_waits_for_the_join_delay() {
        assert_eq!(judge(&give(), Some(&["Alex"]), at(200)), Gate::Wait(WaitReason::PlayerOffline));
        assert_eq!(judge(&give(), Some(&["Steve"]), at(101)), Gate::NotBefore(at(102)));
        assert_eq!(line(judge(&give(), Some(&["Steve"]), at(102))), "give Steve diamond");
        assert_eq!(judge(&give(), None, at(200)), Gate::AskWhoIsOnline);
    }

    #[test]
    fn a_clock_that_was_set_back_has_nothing_wait_until_it_has_caught_up() {
        let early = SignedDuration::from_secs(-1_000);
        assert_eq!(
            judge(&give(), Some(&["Steve"]), at(0) + early),
            Gate::NotBefore(at(2) + early),
            "the join delay alone"
        );
        let later = Command { delay_seconds: Some(300), ..give() };
        assert_eq!(judge(&later, Some(&["Steve"]), at(0) + early), Gate::NotBefore(at(300) + early));
    }

    #[test]
    fn without_require_online_the_buyers_spelling_runs_at_once() {
        let command = Command { require_online: false, ..give() };
        assert_eq!(line(judge(&command, None, at(200))), "give steve diamond");
        assert_eq!(line(judge(&command, Some(&["Alex"]), at(200))), "give steve diamond");
    }

    #[test]
    fn rule_7_not_before_its_due_time_and_not_after_its_expiry() {
        let command = Command { delay_seconds: Some(300), expires_at: Some(at(400)), ..give() };
        assert_eq!(judge(&command, Some(&["Steve"]), at(200)), Gate::NotBefore(at(300)));
        assert_eq!(line(judge(&command, Some(&["Steve"]), at(300))), "give Steve diamond");
        assert_eq!(reason(judge(&command, Some(&["Steve"]), at(400))), FailReason::Expired);
    }

    #[test]
    fn what_no_join_can_mend_is_refused_before_it_waits() {
        let named = |name: &str| Command { player: Some(PlayerRef { name: name.into(), uuid: None }), ..give() };
        assert_eq!(reason(judge(&named("@a"), Some(&["@a"]), at(200))), FailReason::InvalidPlayerName);
        assert_eq!(reason(judge(&Command { player: None, ..give() }, Some(&[]), at(200))), FailReason::BadTemplate);
        assert_eq!(
            reason(judge(&Command { command: "minecraft:op {player}".into(), ..give() }, None, at(200))),
            FailReason::BlockedByPolicy
        );
        assert_eq!(
            reason(judge(&Command { command: "give {player} {nothing}".into(), ..give() }, None, at(200))),
            FailReason::BadTemplate
        );
        let values = [("order".to_owned(), "x".repeat(64))].into();
        let long = Command { command: "{order}".repeat(25), values, ..give() };
        assert_eq!(reason(judge(&long, None, at(200))), FailReason::CommandTooLong);
    }

    #[test]
    fn an_unknown_uuid_is_learnt_on_join_or_is_a_bad_template() {
        let command = Command { command: "lp user {uuid} x".into(), ..give() };
        assert_eq!(judge(&command, Some(&[]), at(200)), Gate::Wait(WaitReason::PlayerOffline));
        assert_eq!(line(judge(&command, Some(&["Steve"]), at(200))), "lp user 069a79f4-44e9-4726-a5be-fca90e38aaf5 x");
        assert_eq!(
            reason(judge(&Command { require_online: false, ..command }, Some(&["Steve"]), at(200))),
            FailReason::BadTemplate
        );
    }
}
