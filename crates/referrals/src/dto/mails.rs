//! The JSON bodies of the mails, and the writes of them.

use super::FieldError;
use super::patch::{Field, named};
use flux_referral_rules::{Language, ReadyMail, Scenario, Text, Values, ready_mail};
use flux_rest::object_or_null;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The mails as an admin has set them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mails {
    /// The language of ready texts and filled-in words.
    pub language: Language,
    /// The page where customers see their rewards; the store's home page if unset.
    pub member_page: Option<String>,
    /// The settings of each mail; one without is off and has the ready text.
    pub settings: BTreeMap<Scenario, MailSetting>,
}

/// The setting of one mail. A text that is not set is the ready one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailSetting {
    /// True if the mail is sent.
    pub on: bool,
    /// The subject.
    pub subject: Option<String>,
    /// The text.
    pub body: Option<String>,
}

/// The mails of every scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailsDoc {
    /// The language of the ready texts, also of those to share: `en` or `de`.
    pub language: String,
    /// The page where customers see their rewards, `{member_page}`; null for the store's home page.
    pub member_page: Option<String>,
    /// A customer got a code.
    pub code_issued: MailText,
    /// A customer invites a friend.
    pub invitation: MailText,
    /// A referee has registered; sent to the referrer.
    pub friend_joined: MailText,
    /// A reward was issued; sent to the rewarded customer.
    pub reward_issued: MailText,
    /// A reward was taken back; sent to the customer who had it.
    pub reward_taken_back: MailText,
    /// In the answer to a write: the number of customers who are given a code and mailed it within a minute or two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codes_to_mail: Option<u64>,
}

/// A mail. Placeholders such as `{name}` are filled in when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MailText {
    /// True if the mail is sent.
    pub on: bool,
    /// The subject.
    pub subject: String,
    /// The text. A line with a placeholder that has no value is left out.
    pub body: String,
}

/// A write of the mails: an absent field stays.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MailsPatch {
    /// `en` or `de`.
    #[serde(default)]
    language: Option<String>,
    /// An address on a host of the store, or a path; `null` for the home page.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    member_page: Field<String>,
    #[serde(default, deserialize_with = "object_or_null")]
    code_issued: Option<MailPatch>,
    #[serde(default, deserialize_with = "object_or_null")]
    invitation: Option<MailPatch>,
    #[serde(default, deserialize_with = "object_or_null")]
    friend_joined: Option<MailPatch>,
    #[serde(default, deserialize_with = "object_or_null")]
    reward_issued: Option<MailPatch>,
    #[serde(default, deserialize_with = "object_or_null")]
    reward_taken_back: Option<MailPatch>,
}

/// A write of one mail. `null` restores the ready text.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailPatch {
    #[serde(default)]
    on: Option<bool>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    subject: Field<String>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    body: Field<String>,
}

impl Default for Mails {
    fn default() -> Mails {
        Mails { language: Language::English, member_page: None, settings: BTreeMap::new() }
    }
}

impl Mails {
    /// Returns whether this mail is sent.
    pub fn is_on(&self, scenario: Scenario) -> bool {
        self.settings.get(&scenario).is_some_and(|setting| setting.on)
    }

    /// The mails after a write.
    pub fn patched(mut self, patch: MailsPatch) -> Result<Mails, FieldError> {
        if let Some(language) = patch.language {
            let unknown = |_| FieldError::value("language", "must be en or de");
            self.language = language.parse().map_err(unknown)?;
        }
        if let Some(page) = patch.member_page {
            self.member_page = page.filter(|page| !page.trim().is_empty());
        }
        let patches = [
            (Scenario::CodeIssued, patch.code_issued),
            (Scenario::Invitation, patch.invitation),
            (Scenario::FriendJoined, patch.friend_joined),
            (Scenario::RewardIssued, patch.reward_issued),
            (Scenario::RewardTakenBack, patch.reward_taken_back),
        ];
        for (scenario, patch) in patches {
            if let Some(patch) = patch {
                let setting = self.settings.remove(&scenario).unwrap_or_default();
                let patched = setting.patched(patch, scenario, self.language);
                self.settings.insert(scenario, patched.map_err(|error| error.within(scenario.as_str()))?);
            }
        }
        Ok(self)
    }

    /// The mails as the API answers them.
    pub fn doc(&self) -> MailsDoc {
        let mail = |scenario| {
            let (subject, body) = self.texts(scenario);
            MailText { on: self.is_on(scenario), subject: subject.to_owned(), body: body.to_owned() }
        };
        MailsDoc {
            language: self.language.to_string(),
            member_page: self.member_page.clone(),
            code_issued: mail(Scenario::CodeIssued),
            invitation: mail(Scenario::Invitation),
            friend_joined: mail(Scenario::FriendJoined),
            reward_issued: mail(Scenario::RewardIssued),
            reward_taken_back: mail(Scenario::RewardTakenBack),
            codes_to_mail: None,
        }
    }

    /// Subject and text of a mail, filled in.
    pub fn filled(&self, scenario: Scenario, values: &Values) -> (String, String) {
        let (subject, body) = self.texts(scenario);
        // Texts are checked when they are saved.
        let text = |text: &str| Text::parse(text, scenario.placeholders()).unwrap_or_default();
        (text(subject).line(values), text(body).filled(values))
    }

    fn texts(&self, scenario: Scenario) -> (&str, &str) {
        let ready = ready_mail(scenario, self.language);
        let own = self.settings.get(&scenario);
        let subject = own.and_then(|own| own.subject.as_deref());
        let body = own.and_then(|own| own.body.as_deref());
        (subject.unwrap_or(ready.subject), body.unwrap_or(ready.body))
    }
}

impl MailSetting {
    fn patched(self, patch: MailPatch, scenario: Scenario, language: Language) -> Result<MailSetting, FieldError> {
        let ReadyMail { subject, body } = ready_mail(scenario, language);
        let own = |field: Field<String>, before: Option<String>, ready: &str| match field {
            // Whoever sends back what they have read keeps the ready text, in whichever language it is set to.
            Some(text) => text.filter(|text| text != ready),
            None => before,
        };
        let setting = MailSetting {
            on: patch.on.unwrap_or(self.on),
            subject: own(patch.subject, self.subject, subject),
            body: own(patch.body, self.body, body),
        };
        for (field, text) in [("subject", &setting.subject), ("body", &setting.body)] {
            let Some(text) = text else { continue };
            if text.trim().is_empty() {
                return Err(FieldError::value(field, "must not be empty; send null for the ready text"));
            }
            Text::parse(text, scenario.placeholders()).map_err(FieldError::at(field))?;
        }
        if setting.subject.as_ref().is_some_and(|subject| subject.chars().any(char::is_control)) {
            return Err(FieldError::value("subject", "must be one line"));
        }
        Ok(setting)
    }
}
