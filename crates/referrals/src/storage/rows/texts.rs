//! Share texts and mails as they are stored.

use crate::dto::{MailText, MailsDoc, ShareDoc};
use serde::{Deserialize, Serialize};

/// The texts that customers share.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::storage) struct ShareRow {
    x: String,
    email_title: String,
    email_body: String,
    email_icon: Option<String>,
}

/// The mails of every scenario.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::storage) struct MailsRow {
    code_issued: MailRow,
    invitation: MailRow,
    friend_joined: MailRow,
    reward_issued: MailRow,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct MailRow {
    on: bool,
    subject: String,
    body: String,
}

impl From<&ShareDoc> for ShareRow {
    fn from(texts: &ShareDoc) -> ShareRow {
        let (x, email_title, email_body, email_icon) = texts.parts();
        ShareRow { x, email_title, email_body, email_icon }
    }
}

impl From<ShareRow> for ShareDoc {
    fn from(row: ShareRow) -> ShareDoc {
        ShareDoc::of_parts(row.x, row.email_title, row.email_body, row.email_icon)
    }
}

impl From<&MailText> for MailRow {
    fn from(mail: &MailText) -> MailRow {
        MailRow { on: mail.on, subject: mail.subject.clone(), body: mail.body.clone() }
    }
}

impl From<MailRow> for MailText {
    fn from(row: MailRow) -> MailText {
        MailText { on: row.on, subject: row.subject, body: row.body }
    }
}

impl From<&MailsDoc> for MailsRow {
    fn from(mails: &MailsDoc) -> MailsRow {
        MailsRow {
            code_issued: (&mails.code_issued).into(),
            invitation: (&mails.invitation).into(),
            friend_joined: (&mails.friend_joined).into(),
            reward_issued: (&mails.reward_issued).into(),
        }
    }
}

impl From<MailsRow> for MailsDoc {
    fn from(row: MailsRow) -> MailsDoc {
        MailsDoc {
            code_issued: row.code_issued.into(),
            invitation: row.invitation.into(),
            friend_joined: row.friend_joined.into(),
            reward_issued: row.reward_issued.into(),
        }
    }
}
