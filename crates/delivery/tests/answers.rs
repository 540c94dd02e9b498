//! What games and plugins say, by their name and version in `data/answers`: `VERDICT: TEXT` a line, `\n` and `\u{1b}` standing for themselves.

#![expect(clippy::panic, reason = "a test may fail loudly")]

use flux_delivery::answer::{Patterns, Verdict};

fn judged(answers: &str) {
    assert!(answers.lines().count() > 3, "the data is where it is looked for");
    for answer in answers.lines() {
        let (expected, text) = answer.split_once(": ").unwrap_or_else(|| panic!("no verdict in {answer:?}"));
        let text = text.replace("\\n", "\n").replace("\\u{1b}", "\u{1b}");
        let expected = match expected {
            "completed" => Verdict::Completed,
            "away" => Verdict::PlayerAway,
            "rejected" => Verdict::Rejected,
            other => panic!("{other:?} is no verdict"),
        };
        let judgement = Patterns::default().judge(&text, None);
        assert_eq!(judgement.verdict, expected, "{text:?} is {judgement}");
    }
}

macro_rules! judged {
    ($($test:ident: $file:literal)*) => {$(
        #[test]
        fn $test() {
            judged(include_str!(concat!("data/answers/", $file, ".txt")));
        }
    )*};
}

judged! {
    the_answers_of_vanilla_1_12_are_judged: "vanilla-1.12"
    the_answers_of_vanilla_1_13_are_judged: "vanilla-1.13"
    the_answers_of_vanilla_1_21_are_judged: "vanilla-1.21"
    the_answers_of_vanilla_26_are_judged: "vanilla-26"
    the_answers_of_paper_are_judged: "paper"
    the_answers_of_spigot_are_judged: "spigot"
    the_answers_of_essentialsx_are_judged: "essentialsx"
    the_answers_of_luckperms_are_judged: "luckperms"
    the_answers_of_economies_are_judged: "economy"
}

/// A line that waits for its player is sent again, so only a text that says nothing but "not there" may have it wait.
#[test]
fn a_text_that_says_more_than_that_the_player_is_away_never_has_the_line_sent_again() {
    for text in [
        "Player not found in the database, an account was made. $5 added.",
        "No player was foundGave 5 [Diamond] to Steve",
        "Gave 5 [Diamond] to SteveNo player was found",
        "No player was found to thank; the vote was counted",
        "That player cannot be found here, so the mail was sent",
        "Steve is not online, the reward was put into their mailbox",
        "Player not found.\nGave 5 coins to the fallback account.",
        "[LP] A user for steve could not be found. Created.",
    ] {
        for mark in [None, Some(true), Some(false)] {
            assert_ne!(Patterns::default().judge(text, mark).verdict, Verdict::PlayerAway, "{text:?}");
        }
    }
}

/// The store tries again what was rejected, so a text that may come after an effect must not say so.
#[test]
fn a_plugins_own_error_text_is_not_taken_for_a_refusal() {
    for text in
        ["Error: the key was given, but the player could not be told.", "Steve got a key. Unknown command /broadcast"]
    {
        let judgement = Patterns::default().judge(text, None);
        assert_eq!((judgement.verdict, judgement.rule), (Verdict::Completed, None), "{text:?}");
    }
}

/// What is already so has been delivered; a shop that asks again must not be told that it failed.
#[test]
fn what_is_already_so_counts_as_done_even_where_the_game_calls_it_a_failure() {
    for text in [
        "Nothing changed. The player already is an operator",
        "Player is already whitelisted",
        "Target either already has the tag or has too many tags",
        "No new recipes were learned",
        "[LP] steve already inherits from vip in context global.",
    ] {
        assert_eq!(Patterns::default().judge(text, Some(false)).verdict, Verdict::Completed, "{text:?}");
    }
}
