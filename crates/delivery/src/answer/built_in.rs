//! The built-in patterns for the answers of vanilla 1.12 to 26.x, Paper, Spigot, EssentialsX, LuckPerms, economies, crates,
//! votes and kits.
//!
//! `tests/data/answers` holds real answers of each.

use super::{AnswerText, Verdict, refusal_words};
use crate::limits::MAX_USUAL_REFUSAL;
use regex::RegexSet;
use std::sync::LazyLock;

/// The patterns, in order; the first that matches decides.
///
/// The agent sends a line again when its player is away, so those patterns match only an answer that contains nothing
/// else. The others may match a part of the answer: a line that did not parse did not run, and the agent does not send
/// a completed or rejected line again.
const BUILT_IN: &[(Verdict, &str)] = &[
    // the one text with "Nothing changed" that is a failure: several players, none of whom could be enchanted
    (Verdict::Rejected, r"^Nothing changed\. Targets either have no item\b"),
    // already done: the game reports a failure, but the player has the item
    (Verdict::Completed, r"^Nothing changed\b"),
    (Verdict::Completed, r"^Player is already whitelisted"),
    (Verdict::Completed, r"^Target either already has the tag\b"),
    (Verdict::Completed, r"^Couldn't grant .+ as they already have (?:it|them)$"),
    (Verdict::Completed, r"^No new recipes were learned$"),
    (
        Verdict::Completed,
        r"^\[LP\] .+ (?:already (?:temporarily )?(?:inherits from|has)|(?:does not|doesn't) (?:temporarily )?(?:inherit from|have)) ",
    ),
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
    (Verdict::Completed, r"^Showing new (?:title|subtitle|actionbar title) for "),
    (Verdict::Completed, r"^Played sound \S+ to "),
    (Verdict::Completed, r"^Summoned new "),
    (Verdict::Completed, r"^Applied enchantment .+ to "),
    (Verdict::Completed, r"^Replaced a slot on .+ with "),
    (Verdict::Completed, r"^Base value for attribute .+ set to "),
    (Verdict::Completed, r"^Set -?\d+ experience (?:points|levels) on "),
    (Verdict::Completed, r"^Removed (?:tag '.+'|(?:every )?effect .*|\d+ item\(?s?\)?) from "),
    // done, in plugins' words
    (Verdict::Completed, r"^Giving \d+ of .+ to \S+\.$"),
    (Verdict::Completed, r" added to .+ account\. New balance: "),
    (Verdict::Completed, r"^Giving kit \S+ to \S+\.$"),
    (Verdict::Completed, r"^You set .+'s balance to "),
    (Verdict::Completed, r"^\[LP\] .+ (?:now (?:only )?inherits|will inherit|no longer (?:temporarily )?inherits) "),
    (Verdict::Completed, r"^\[LP\] .+ now only inherits "),
    (Verdict::Completed, r"^\[LP\] (?:Set|Unset) .+ (?:to|for) "),
    (Verdict::Completed, r"^\[LP\] (?:Promoting|Demoting) .+ along track "),
    (Verdict::Completed, r"^\[LP\] .+ was not already a member of .+, adding them now\b"),
    (Verdict::Completed, r"^\[LP\] .+ so they were added to the first group\b"),
    (Verdict::Completed, r"^\[LP\] .+ had .+ (?:set at a priority of|removed in context) "),
    (Verdict::Completed, r"^\[LP\] .+'s (?:primary group was set to|\S+ were cleared) "),
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
    (Verdict::PlayerAway, r"^\[LP\] User \S+ is not online\.$"),
    // refused by the parser
    (Verdict::Rejected, r"<--\[HERE\]"),
    (Verdict::Rejected, r"^Unknown or incomplete command"),
    (Verdict::Rejected, r"^Incorrect argument for command"),
    (Verdict::Rejected, r"^Unknown command\b"),
    (Verdict::Rejected, r"^Command not found\b"),
    (Verdict::Rejected, r"^(?:Invalid|Incorrect) (?:syntax|usage)\b"),
    (Verdict::Rejected, r"\bUsage: ?/|^Command Help: ?/"),
    // refused by the command
    (Verdict::Rejected, r"^Unknown (?:item|scoreboard objective|team|advancement|recipe) '"),
    (Verdict::Rejected, r"^There is no such item with name "),
    (Verdict::Rejected, r"^The number you have entered \(.+\) is too (?:big|small)\b"),
    (Verdict::Rejected, r"^'.*' is not a valid number$"),
    (Verdict::Rejected, r"^That player does not exist"),
    (Verdict::Rejected, r"^Invalid name or UUID"),
    (
        Verdict::Rejected,
        r"^\S+ (?:cannot support that enchantment|is not holding any item|is not a valid entity for this command)$",
    ),
    (Verdict::Rejected, r"^\d+ is higher than the maximum level of "),
    (Verdict::Rejected, r"^Item count is too (?:large|small)\b"),
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
    (Verdict::Rejected, r"^\[LP\] .+ is not a valid (?:username/uuid|uuid|group name|track name)\b"),
    (
        Verdict::Rejected,
        r"^\[LP\] (?:Command not recognised|LuckPerms commands are disabled|Unsure which track|Invalid priority)\b",
    ),
    (Verdict::Rejected, r"^\[LP\] .+ (?:so was not promoted|unable to promote \S+)\.?$"),
    (Verdict::Rejected, r"^Invalid (?:amount|number)\b"),
    (Verdict::Rejected, r"^You do not have enough money"),
];

/// Refusals in the usual words, whatever the plugin. Each matches a whole short answer of one line that speaks of no effect.
const USUAL: &[(Verdict, &str)] = &[
    // no such player in the game
    (Verdict::PlayerAway, "{player} {be} (?:online|in-?game)"),
    (Verdict::PlayerAway, "{player} is (?:currently )?offline"),
    (Verdict::PlayerAway, "{player} (?:has never (?:joined|played|been)|was never)(?: before| on| this| the| server)*"),
    (Verdict::PlayerAway, "{role} (?:(?:was|is|could|can) ?)?not (?:be )?found(?: online)?"),
    (Verdict::PlayerAway, "{some user} (?:does not|doesn't) exist(?:: {name})?"),
    (
        Verdict::PlayerAway,
        "{cannot} find (?:(?:that|the|a|any) )?(?:online )?(?:player|user)s?(?: (?:named |called |with (?:the )?name )?{name})?",
    ),
    (
        Verdict::PlayerAway,
        "(?:No|There is no) (?:such )?(?:online )?(?:player|user)s?(?: (?:was |were )?(?:found|online|(?:named|called) {name}|with (?:that|the) name(?: {name})?))*",
    ),
    // not a thing that the server has
    (Verdict::Rejected, ".+ (?:does not|doesn't|do not|don't) exist"),
    (Verdict::Rejected, ".+ (?:(?:was|were|is|could) )?not (?:be )?found"),
    (Verdict::Rejected, "(?:Unknown|Invalid|No such|Unrecogni[sz]ed|Missing) .+"),
    (Verdict::Rejected, "There (?:is no .+ (?:named|called|with) .+|are no valid kits)"),
    (Verdict::Rejected, "That kit is improperly defined.*"),
    // not a command for the console
    (
        Verdict::Rejected,
        "(?:This|That|The) command .*(?:can(?:not|'t)?|may|must|is) .*(?:players?|in-?game|console|disabled)",
    ),
    (Verdict::Rejected, "Only (?:in-?game )?players (?:can|may|are).*"),
    (Verdict::Rejected, "You (?:must|need to|have to) be (?:a|an|in)[ -].*(?:player|game).*"),
    (Verdict::Rejected, "You (?:do not|don't) have (?:the )?.*(?:permission|access).*"),
    // not enough money
    (Verdict::Rejected, ".+ (?:do not|don't|does not|doesn't) have (?:enough|sufficient) (?:money|funds|balance).*"),
    (Verdict::Rejected, "Insufficient (?:funds|balance|money)"),
    (Verdict::Rejected, "This transaction would exceed the balance limit.*"),
];

/// A pattern of [`USUAL`] with its parts filled in.
fn usual(pattern: &str) -> String {
    const NAME: &str = r"'?[.*+_A-Za-z0-9-]{1,17}'?";
    const ROLE: &str = "(?:(?:that|the|this|target|your) )?(?:player|user|target|recipient)(?:(?: |: ){name})?";
    let filled = pattern
        .replace("{some user}", "(?:(?:the )?user(?: {name})?|(?:the )?player(?: {name})?)")
        .replace("{player}", "(?:{role}|{name})")
        .replace("{role}", ROLE)
        .replace("{be}", "(?:is(?: currently)? not|isn't|not|must be|needs to be|has to be|was not)(?: currently)?")
        .replace("{cannot}", "(?:Could not|Couldn't|Cannot|Can't|Unable to)")
        .replace("{name}", NAME);
    format!("(?i)^(?:Error:? )?(?:{filled})[.!]*$")
}

/// The verdict and the pattern of the first match.
pub(super) fn find(text: &AnswerText) -> Option<(Verdict, &'static str)> {
    #[expect(clippy::expect_used, reason = "constant patterns, compiled by a test")]
    static BY_SOFTWARE: LazyLock<RegexSet> =
        LazyLock::new(|| RegexSet::new(BUILT_IN.iter().map(|(_, pattern)| format!("(?i){pattern}"))).expect("valid"));
    #[expect(clippy::expect_used, reason = "constant patterns, compiled by a test")]
    static BY_USUAL_WORDS: LazyLock<RegexSet> =
        LazyLock::new(|| RegexSet::new(USUAL.iter().map(|(_, pattern)| usual(pattern))).expect("valid"));
    let known = text.first_match(&BY_SOFTWARE).map(|at| BUILT_IN[at]);
    known.or_else(|| {
        let is_refusal = text.bare.len() <= MAX_USUAL_REFUSAL && !refusal_words::has_effect(&text.bare);
        let at = BY_USUAL_WORDS.matches(&text.bare).iter().next().filter(|_| is_refusal)?;
        Some(USUAL[at])
    })
}
