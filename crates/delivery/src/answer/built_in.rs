//! The built-in patterns for the answers of vanilla 1.12 to 26.x, Paper, Spigot, EssentialsX, LuckPerms and economies.
//!
//! `tests/data/answers` holds real answers of each.

use super::Verdict;
use regex::RegexSet;
use std::sync::LazyLock;

/// The patterns, in order; the first that matches decides.
///
/// The agent sends a line again when its player is away, so those patterns match only an answer that contains nothing
/// else. The others may match a part of the answer: a line that did not parse did not run, and the agent does not send
/// a completed or rejected line again.
const BUILT_IN: &[(Verdict, &str)] = &[
    // already done: the game reports a failure, but the player has the item
    (Verdict::Completed, r"^Nothing changed\b"),
    (Verdict::Completed, r"^Player is already whitelisted"),
    (Verdict::Completed, r"^Target either already has the tag\b"),
    (Verdict::Completed, r"^Couldn't grant .+ as they already have (?:it|them)$"),
    (Verdict::Completed, r"^No new recipes were learned$"),
    (Verdict::Completed, r"^\[LP\] .+ (?:already (?:inherits from|has)|does not (?:inherit from|have)) "),
    // done, in vanilla's words
    (Verdict::Completed, r"^Gave \d+ \["),
    (Verdict::Completed, r"^Given \[|^Given .+ \* \d+ to "),
    (Verdict::Completed, r"^(?:Added|Gave) \d+ experience (?:points|levels) to "),
    (Verdict::Completed, r"^Given \d+ (?:experience|levels) to "),
    (Verdict::Completed, r"^Added .+ to the whitelist$"),
    (Verdict::Completed, r"^Made .+ a server operator$|^Opped \S+$"),
    (Verdict::Completed, r"^Set .+'s game mode to "),
    (Verdict::Completed, r"^Added tag '.+' to "),
    (Verdict::Completed, r"^Applied effect .+ to "),
    (Verdict::Completed, r"^(?:Granted|Unlocked) .+ (?:to|for) "),
    (Verdict::Completed, r"^Added .+ to (?:team )?\["),
    (Verdict::Completed, r"^Set \[.+\] for .+ to -?\d+$"),
    (Verdict::Completed, r"^Teleported .+ to "),
    // done, in plugins' words
    (Verdict::Completed, r"^Giving \d+ of .+ to \S+\.$"),
    (Verdict::Completed, r" added to .+ account\. New balance: "),
    (Verdict::Completed, r"^\[LP\] .+ now inherits permissions from "),
    (Verdict::Completed, r"^\[LP\] Set .+ to (?:true|false) for "),
    // no such player in the game
    (Verdict::PlayerAway, r"^No (?:player|entity) was found$"),
    (Verdict::PlayerAway, r"^That (?:player|entity) cannot be found$"),
    (Verdict::PlayerAway, r"^(?:Player|Entity) '[^']*' cannot be found$"),
    (
        Verdict::PlayerAway,
        r"^(?:Error: )?(?:(?:That|The) )?Player(?: '[^']*')? (?:is not online|is offline|(?:was )?not found)[.!]?$",
    ),
    (Verdict::PlayerAway, r"^\S+ is not online[.!]?$"),
    (Verdict::PlayerAway, r"^\[LP\] A user for \S+ could not be found\.$"),
    // refused by the parser
    (Verdict::Rejected, r"<--\[HERE\]"),
    (Verdict::Rejected, r"^Unknown or incomplete command"),
    (Verdict::Rejected, r"^Incorrect argument for command"),
    (Verdict::Rejected, r"^Unknown command\b"),
    (Verdict::Rejected, r"^(?:Usage|Command Help): ?/"),
    // refused by the command
    (Verdict::Rejected, r"^Unknown (?:item|scoreboard objective|team|advancement|recipe) '"),
    (Verdict::Rejected, r"^There is no such item with name "),
    (Verdict::Rejected, r"^The number you have entered \(.+\) is too (?:big|small)\b"),
    (Verdict::Rejected, r"^'.*' is not a valid number$"),
    (Verdict::Rejected, r"^That player does not exist"),
    (Verdict::Rejected, r"^Invalid name or UUID"),
    (Verdict::Rejected, r"^Only one (?:player|entity) is allowed"),
    (Verdict::Rejected, r"^Can't give more than"),
    (Verdict::Rejected, r"^Unable to apply this effect\b"),
    (Verdict::Rejected, r"^That position is (?:not loaded|out of this world)"),
    (Verdict::Rejected, r"^An (?:unexpected|unknown|internal) error occurred"),
    (Verdict::Rejected, r"^Error executing: "),
    (Verdict::Rejected, r"you do not have permission"),
    // refused by a plugin
    // (EssentialsX begins every refusal with "Error: ". Another plugin may write that after an effect, and the store
    // would then retry, so the pattern names EssentialsX's own texts.)
    (Verdict::Rejected, r"^Error: (?:Unknown item name|The argument must be|That player does not exist|Invalid)\b"),
    (Verdict::Rejected, r"^\[LP\] A (?:group|track) named .+ could not be found"),
    (Verdict::Rejected, r"^Invalid (?:amount|number)\b"),
    (Verdict::Rejected, r"^You do not have enough money"),
];

/// The verdict and the pattern of the first match in an answer without formatting.
pub(super) fn find(text: &str) -> Option<(Verdict, &'static str)> {
    #[expect(clippy::expect_used, reason = "constant patterns, compiled by a test")]
    static SET: LazyLock<RegexSet> =
        LazyLock::new(|| RegexSet::new(BUILT_IN.iter().map(|(_, pattern)| format!("(?i){pattern}"))).expect("valid"));
    SET.matches(text).iter().next().map(|at| BUILT_IN[at])
}
