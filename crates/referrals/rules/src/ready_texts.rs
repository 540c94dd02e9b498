//! The ready texts of mails and share channels, for owners who write none of their own.

use crate::{Language, Scenario};

/// Subject and body of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadyMail {
    /// The subject.
    pub subject: &'static str,
    /// The body.
    pub body: &'static str,
}

/// The texts to share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadyShare {
    /// For X.
    pub x: &'static str,
    /// The e-mail's title.
    pub email_title: &'static str,
    /// The e-mail's content.
    pub email_body: &'static str,
}

/// The ready text of a mail.
pub fn ready_mail(scenario: Scenario, language: Language) -> ReadyMail {
    let (subject, body) = match language {
        Language::English => english(scenario),
        Language::German => german(scenario),
    };
    ReadyMail { subject, body }
}

/// The ready texts to share.
pub fn ready_share(language: Language) -> ReadyShare {
    match language {
        Language::English => ReadyShare {
            x: "Have a look at {store}: {link}",
            email_title: "Have a look at {store}",
            email_body: "Hi,\n\nI buy at {store} and think you will like it: {link}\nWith my link you get {reward}.\n\
                         You can also type my code: {code}\n\n{name}",
        },
        Language::German => ReadyShare {
            x: "Schau mal bei {store} vorbei: {link}",
            email_title: "Schau mal bei {store} vorbei",
            email_body: "Hallo,\n\nich kaufe bei {store} ein und glaube, es gefällt dir: {link}\n\
                         Über meinen Link bekommst du {reward}.\n\
                         Du kannst auch meinen Code eingeben: {code}\n\n{name}",
        },
    }
}

fn english(scenario: Scenario) -> (&'static str, &'static str) {
    match scenario {
        Scenario::CodeIssued => (
            "Your code for friends: {code}",
            "Hi {name},\n\nhere is your personal code for {store}: {code}\nShare it, or send your friends this link: {link}\n\
             For a friend who comes with it you get {reward}.\n\n{store}\n",
        ),
        Scenario::Invitation => (
            "{name} invites you to {store}",
            "Hi,\n\n{name} invites you to {store}: {link}\nYou get {reward}.\nYou can also type this code: {code}\n\n\
             You get this mail because your address was entered at {store}.\n",
        ),
        Scenario::FriendJoined => (
            "Good news: {friend} has joined {store}",
            "Hi {name},\n\nthank you: {friend} has registered at {store} through you.\n\
             Your rewards are here: {member_page}\n\n{store}\n",
        ),
        Scenario::RewardIssued => (
            "Your reward at {store}: {reward}",
            "Hi {name},\n\nyou have a new reward at {store}: {reward}\nIts code is {reward_code}\n\
             It is valid until {valid_until}\n\nAll your rewards are here: {member_page}\n\n{store}\n",
        ),
        Scenario::RewardTakenBack => (
            "A reward at {store} was taken back: {reward}",
            "Hi {name},\n\nthe order behind a reward of yours was cancelled or paid back.\n\
             So this reward was taken back: {reward}\nIts code no longer works: {reward_code}\n\n\
             Your rewards are here: {member_page}\n\n{store}\n",
        ),
    }
}

fn german(scenario: Scenario) -> (&'static str, &'static str) {
    match scenario {
        Scenario::CodeIssued => (
            "Dein Code für Freunde: {code}",
            "Hallo {name},\n\nhier ist dein persönlicher Code für {store}: {code}\n\
             Gib ihn weiter, oder schick Freunden diesen Link: {link}\n\
             Für einen Freund, der damit kommt, bekommst du {reward}.\n\n{store}\n",
        ),
        Scenario::Invitation => (
            "{name} lädt dich zu {store} ein",
            "Hallo,\n\n{name} lädt dich zu {store} ein: {link}\nDu bekommst {reward}.\n\
             Du kannst auch diesen Code eingeben: {code}\n\n\
             Diese Mail bekommst du, weil deine Adresse bei {store} eingegeben wurde.\n",
        ),
        Scenario::FriendJoined => (
            "Gute Nachricht: {friend} ist jetzt bei {store}",
            "Hallo {name},\n\ndanke: {friend} hat sich über dich bei {store} registriert.\n\
             Deine Belohnungen findest du hier: {member_page}\n\n{store}\n",
        ),
        Scenario::RewardIssued => (
            "Deine Belohnung bei {store}: {reward}",
            "Hallo {name},\n\ndu hast eine neue Belohnung bei {store}: {reward}\nIhr Code ist {reward_code}\n\
             Sie gilt bis {valid_until}\n\nAlle deine Belohnungen findest du hier: {member_page}\n\n{store}\n",
        ),
        Scenario::RewardTakenBack => (
            "Eine Belohnung bei {store} wurde zurückgenommen: {reward}",
            "Hallo {name},\n\ndie Bestellung hinter einer deiner Belohnungen wurde storniert oder erstattet.\n\
             Deshalb wurde diese Belohnung zurückgenommen: {reward}\nIhr Code gilt nicht mehr: {reward_code}\n\n\
             Deine Belohnungen findest du hier: {member_page}\n\n{store}\n",
        ),
    }
}
