//! Share texts and mails as they are stored. A text that is not set is the ready one.

use crate::dto::{MailSetting, Mails, Share};
use flux_referral_rules::{Language, Scenario};
use serde::{Deserialize, Serialize};

/// The texts that customers share.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::storage) struct ShareRow {
    x: Option<String>,
    email_title: Option<String>,
    email_body: Option<String>,
    email_icon: Option<String>,
}

/// The mails of every scenario.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::storage) struct MailsRow {
    language: Option<String>,
    member_page: Option<String>,
    code_issued: MailRow,
    invitation: MailRow,
    friend_joined: MailRow,
    reward_issued: MailRow,
    reward_taken_back: MailRow,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct MailRow {
    on: bool,
    subject: Option<String>,
    body: Option<String>,
}

impl From<&Share> for ShareRow {
    fn from(share: &Share) -> ShareRow {
        let Share { x, email_title, email_body, email_icon } = share.clone();
        ShareRow { x, email_title, email_body, email_icon }
    }
}

impl From<ShareRow> for Share {
    fn from(row: ShareRow) -> Share {
        let ShareRow { x, email_title, email_body, email_icon } = row;
        Share { x, email_title, email_body, email_icon }
    }
}

impl From<MailSetting> for MailRow {
    fn from(mail: MailSetting) -> MailRow {
        MailRow { on: mail.on, subject: mail.subject, body: mail.body }
    }
}

impl From<MailRow> for MailSetting {
    fn from(row: MailRow) -> MailSetting {
        let own = |text: Option<String>| text.filter(|text| !text.is_empty());
        MailSetting { on: row.on, subject: own(row.subject), body: own(row.body) }
    }
}

impl From<&Mails> for MailsRow {
    fn from(mails: &Mails) -> MailsRow {
        let row = |scenario| mails.settings.get(&scenario).cloned().unwrap_or_default().into();
        MailsRow {
            language: Some(mails.language.to_string()),
            member_page: mails.member_page.clone(),
            code_issued: row(Scenario::CodeIssued),
            invitation: row(Scenario::Invitation),
            friend_joined: row(Scenario::FriendJoined),
            reward_issued: row(Scenario::RewardIssued),
            reward_taken_back: row(Scenario::RewardTakenBack),
        }
    }
}

impl From<MailsRow> for Mails {
    fn from(row: MailsRow) -> Mails {
        let language = row.language.and_then(|language| language.parse().ok()).unwrap_or(Language::English);
        let settings = [
            (Scenario::CodeIssued, row.code_issued),
            (Scenario::Invitation, row.invitation),
            (Scenario::FriendJoined, row.friend_joined),
            (Scenario::RewardIssued, row.reward_issued),
            (Scenario::RewardTakenBack, row.reward_taken_back),
        ];
        let settings = settings.into_iter().map(|(scenario, row)| (scenario, row.into())).collect();
        Mails { language, member_page: row.member_page, settings }
    }
}
