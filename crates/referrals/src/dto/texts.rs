//! The JSON bodies of the share texts and the mails, and the writes of them.

use super::FieldError;
use super::patch::{Field, named, named_object, over};
use flux_referral_rules::{Code, Scenario, ShareTexts, Shared, Text};
use flux_rest::object_or_null;
use serde::{Deserialize, Serialize};

/// The texts that customers share. `{link}`, `{code}` and `{name}` are placeholders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ShareDoc {
    /// The text for X.
    pub x: ShareX,
    /// The text for e-mail.
    pub email: ShareEmail,
    /// The setting for Facebook, which accepts no prepared text.
    pub facebook: ShareFacebook,
}

/// The text for X.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ShareX {
    text: String,
}

/// The text for e-mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ShareEmail {
    title: String,
    body: String,
    /// The address of an image.
    icon: Option<String>,
}

/// The setting for Facebook: the customer is prompted to write a text of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ShareFacebook {
    prompt_for_message: bool,
}

/// The texts of one customer, with the placeholders filled in.
pub type SharedView = ShareDoc;

/// A write of the texts: an absent field stays, `null` clears it.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SharePatch {
    #[serde(default, deserialize_with = "named_object")]
    #[schema(value_type = Option<ShareXPatch>)]
    x: Field<ShareXPatch>,
    #[serde(default, deserialize_with = "named_object")]
    #[schema(value_type = Option<ShareEmailPatch>)]
    email: Field<ShareEmailPatch>,
    #[serde(default, deserialize_with = "object_or_null")]
    facebook: Option<ShareFacebook>,
}

/// A write of the text for X.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ShareXPatch {
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    text: Field<String>,
}

/// A write of the texts for e-mail.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ShareEmailPatch {
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    title: Field<String>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    body: Field<String>,
    /// An `https://` or `http://` address, or a path of the store.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    icon: Field<String>,
}

/// The mails of every scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailsDoc {
    /// A customer got a code.
    pub code_issued: MailText,
    /// A customer invites a friend.
    pub invitation: MailText,
    /// A referee has registered; sent to the referrer.
    pub friend_joined: MailText,
    /// A reward was issued; sent to the rewarded customer.
    pub reward_issued: MailText,
}

/// A mail. `{link}`, `{code}` and `{name}` are placeholders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MailText {
    /// True if the mail is sent.
    pub on: bool,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// A write of the mails: an absent field stays.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MailsPatch {
    #[serde(default, deserialize_with = "object_or_null")]
    code_issued: Option<MailPatch>,
    #[serde(default, deserialize_with = "object_or_null")]
    invitation: Option<MailPatch>,
    #[serde(default, deserialize_with = "object_or_null")]
    friend_joined: Option<MailPatch>,
    #[serde(default, deserialize_with = "object_or_null")]
    reward_issued: Option<MailPatch>,
}

/// A write of one mail.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailPatch {
    #[serde(default)]
    on: Option<bool>,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    body: Option<String>,
}

impl Default for ShareFacebook {
    fn default() -> ShareFacebook {
        ShareFacebook { prompt_for_message: true }
    }
}

impl ShareDoc {
    /// The text for X, then title, body and icon of the e-mail.
    pub(crate) fn parts(&self) -> (String, String, String, Option<String>) {
        let ShareEmail { title, body, icon } = self.email.clone();
        (self.x.text.clone(), title, body, icon)
    }

    /// The opposite of [`ShareDoc::parts`].
    pub(crate) fn of_parts(x: String, title: String, body: String, icon: Option<String>) -> ShareDoc {
        let email = ShareEmail { title, body, icon };
        ShareDoc { x: ShareX { text: x }, email, facebook: ShareFacebook::default() }
    }

    /// The texts after a write.
    pub fn patched(self, patch: SharePatch) -> Result<ShareDoc, FieldError> {
        let doc = ShareDoc {
            x: match patch.x {
                None => self.x,
                Some(None) => ShareX::default(),
                Some(Some(patch)) => ShareX { text: over(patch.text, Some(self.x.text)).unwrap_or_default() },
            },
            email: match patch.email {
                None => self.email,
                Some(None) => ShareEmail::default(),
                Some(Some(patch)) => ShareEmail {
                    title: over(patch.title, Some(self.email.title)).unwrap_or_default(),
                    body: over(patch.body, Some(self.email.body)).unwrap_or_default(),
                    icon: over(patch.icon, self.email.icon),
                },
            },
            facebook: ShareFacebook::default(),
        };
        if patch.facebook.is_some_and(|facebook| !facebook.prompt_for_message) {
            return Err(FieldError::value("facebook.promptForMessage", "is always true: Facebook takes no text"));
        }
        doc.texts().map(|_| doc)
    }

    fn texts(&self) -> Result<ShareTexts, FieldError> {
        let text = |field: &'static str, text: &str| Text::parse(text).map_err(FieldError::at(field));
        if self.email.icon.as_ref().is_some_and(|icon| icon.len() > flux_referral_rules::limits::LANDING_BYTES) {
            return Err(FieldError::value("email.icon", "is too long for an address"));
        }
        let is_web = |icon: &String| ["https://", "http://", "/"].iter().any(|start| icon.starts_with(start));
        if !self.email.icon.as_ref().is_none_or(is_web) {
            return Err(FieldError::value("email.icon", "is no http:// or https:// address, and no path"));
        }
        Ok(ShareTexts {
            x: text("x.text", &self.x.text)?,
            email_title: text("email.title", &self.email.title)?,
            email_body: text("email.body", &self.email.body)?,
            email_icon: self.email.icon.clone(),
        })
    }

    /// The texts for a customer.
    pub fn filled(&self, link: &str, code: &Code, name: &str) -> Result<SharedView, FieldError> {
        let Shared { x, email_title, email_body, email_icon, facebook_prompts } =
            self.texts()?.filled(link, code, name);
        Ok(ShareDoc {
            x: ShareX { text: x },
            email: ShareEmail { title: email_title, body: email_body, icon: email_icon },
            facebook: ShareFacebook { prompt_for_message: facebook_prompts },
        })
    }
}

impl MailsDoc {
    /// The mails after a write.
    pub fn patched(self, patch: MailsPatch) -> Result<MailsDoc, FieldError> {
        Ok(MailsDoc {
            code_issued: self.code_issued.patched(patch.code_issued, "codeIssued")?,
            invitation: self.invitation.patched(patch.invitation, "invitation")?,
            friend_joined: self.friend_joined.patched(patch.friend_joined, "friendJoined")?,
            reward_issued: self.reward_issued.patched(patch.reward_issued, "rewardIssued")?,
        })
    }

    /// The mail of a scenario.
    pub fn of(&self, scenario: Scenario) -> &MailText {
        match scenario {
            Scenario::CodeIssued => &self.code_issued,
            Scenario::Invitation => &self.invitation,
            Scenario::FriendJoined => &self.friend_joined,
            Scenario::RewardIssued => &self.reward_issued,
        }
    }
}

impl MailText {
    fn patched(self, patch: Option<MailPatch>, field: &str) -> Result<MailText, FieldError> {
        let Some(patch) = patch else { return Ok(self) };
        let text = MailText {
            on: patch.on.unwrap_or(self.on),
            subject: patch.subject.unwrap_or(self.subject),
            body: patch.body.unwrap_or(self.body),
        };
        if text.subject.chars().any(char::is_control) {
            return Err(FieldError::value("subject", "must be one line").within(field));
        }
        if text.on && text.subject.trim().is_empty() {
            return Err(FieldError::value("subject", "must not be empty while the mail is on").within(field));
        }
        for (name, value) in [("subject", &text.subject), ("body", &text.body)] {
            Text::parse(value).map_err(FieldError::at(name)).map_err(|error| error.within(field))?;
        }
        Ok(text)
    }

    /// Subject and text for a customer.
    pub fn filled(&self, link: &str, code: &str, name: &str) -> (String, String) {
        // A header must not contain control characters; a name may.
        let name: String = name.chars().filter(|letter| !letter.is_control()).collect();
        let fill = |text: &str| Text::parse(text).map(|text| text.filled_with(link, code, &name)).unwrap_or_default();
        (fill(&self.subject), fill(&self.body))
    }
}
