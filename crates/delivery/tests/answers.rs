//! Judges real answers of games and plugins, one file each in `data/answers`. A line is `VERDICT: TEXT`; `\n` and
//! `\u{1b}` in it are escapes.

#![expect(clippy::panic, reason = "a test may fail loudly")]

use flux_delivery::answer::{AnswerPatterns, Verdict};

fn judged(answers: &str) {
    assert!(answers.lines().count() > 3, "the file has answers");
    for answer in answers.lines().filter(|line| !line.starts_with('#')) {
        let (expected, text) = answer.split_once(": ").unwrap_or_else(|| panic!("no verdict in {answer:?}"));
        let text = text.replace("\\n", "\n").replace("\\u{1b}", "\u{1b}");
        let expected = match expected {
            "completed" => Verdict::Completed,
            "away" => Verdict::PlayerAway,
            "rejected" => Verdict::Rejected,
            "unrecognised" => Verdict::Unrecognised,
            other => panic!("{other:?} is no verdict"),
        };
        let judgement = AnswerPatterns::default().judge(&text, None);
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
    vanilla_1_12_answers_are_judged: "vanilla-1.12"
    vanilla_1_13_answers_are_judged: "vanilla-1.13"
    vanilla_1_21_answers_are_judged: "vanilla-1.21"
    vanilla_26_answers_are_judged: "vanilla-26"
    paper_answers_are_judged: "paper"
    spigot_answers_are_judged: "spigot"
    essentialsx_answers_are_judged: "essentialsx"
    luckperms_answers_are_judged: "luckperms"
    economies_answers_are_judged: "economy"
    crates_votes_and_kits_answers_are_judged: "plugins"
    cuberite_and_pumpkin_answers_are_judged: "other-servers"
    answers_that_read_like_a_refusal_are_unrecognised: "unrecognised"
}

/// A plugin's command that prints a refusal leaves a marker of success.
#[test]
fn marker_of_success_does_not_excuse_a_refusal() {
    for text in include_str!("data/answers/unrecognised.txt").lines() {
        let Some(text) = text.strip_prefix("unrecognised: ") else { continue };
        let text = text.replace("\\u{1b}", "\u{1b}");
        let judge = |marker| AnswerPatterns::default().judge(&text, marker).verdict;
        assert_eq!((judge(Some(true)), judge(Some(false))), (Verdict::Unrecognised, Verdict::Rejected), "{text:?}");
    }
}

/// A line that waits for its player is sent again. Only a text that says nothing but "not online" may cause that.
#[test]
fn longer_text_about_an_absent_player_never_resends() {
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
        for marker in [None, Some(true), Some(false)] {
            assert_ne!(AnswerPatterns::default().judge(text, marker).verdict, Verdict::PlayerAway, "{text:?}");
        }
    }
}

/// The store retries a rejected command, so a text that may follow an effect must not count as a rejection: a person decides.
#[test]
fn a_plugins_own_error_text_is_no_rejection() {
    for text in
        ["Error: the key was given, but the player could not be told.", "Steve got a key. Unknown command /broadcast"]
    {
        let judgement = AnswerPatterns::default().judge(text, None);
        assert_eq!(judgement.verdict, Verdict::Unrecognised, "{text:?}");
    }
}

/// A player who already has the item has received it, although the game calls the second attempt a failure.
#[test]
fn already_granted_counts_as_completed() {
    for text in [
        "Nothing changed. The player already is an operator",
        "Player is already whitelisted",
        "Target either already has the tag or has too many tags",
        "No new recipes were learned",
        "[LP] steve already inherits from vip in context global.",
    ] {
        assert_eq!(AnswerPatterns::default().judge(text, Some(false)).verdict, Verdict::Completed, "{text:?}");
    }
}
