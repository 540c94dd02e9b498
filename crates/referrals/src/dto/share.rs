//! The JSON bodies of the texts that customers share, and the writes of them.

use super::FieldError;
use super::patch::{Field, named, named_object, over};
use flux_referral_rules::{Language, ReadyShare, SHARE_PLACEHOLDERS, Text, Values, ready_share};
use flux_rest::object_or_null;
use serde::{Deserialize, Serialize};

/// The texts to share as an admin has set them. A text that is not set is the ready one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    /// For X.
    pub x: Option<String>,
    /// The e-mail's title.
    pub email_title: Option<String>,
    /// The e-mail's content.
    pub email_body: Option<String>,
    /// The e-mail's icon.
    pub email_icon: Option<String>,
}

/// The texts that customers share. `{name}`, `{link}`, `{code}`, `{reward}` (the friend's) and `{store}` are placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ShareDoc {
    /// The text for X.
    pub x: ShareX,
    /// The text for e-mail.
    pub email: ShareEmail,
    /// The setting for Facebook, which accepts no prepared text.
    pub facebook: ShareFacebook,
}

/// The text for X.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ShareX {
    text: String,
}

/// The text for e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
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

/// A write of the texts: an absent field stays, `null` restores the ready text.
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
    /// One line.
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

impl Default for ShareFacebook {
    fn default() -> ShareFacebook {
        ShareFacebook { prompt_for_message: true }
    }
}

impl Share {
    /// The texts after a write.
    pub fn patched(self, patch: SharePatch) -> Result<Share, FieldError> {
        let x = match patch.x {
            None => self.x,
            Some(None) => None,
            Some(Some(patch)) => over(patch.text, self.x),
        };
        let (email_title, email_body, email_icon) = match patch.email {
            None => (self.email_title, self.email_body, self.email_icon),
            Some(None) => (None, None, None),
            Some(Some(patch)) => (
                over(patch.title, self.email_title),
                over(patch.body, self.email_body),
                over(patch.icon, self.email_icon),
            ),
        };
        if patch.facebook.is_some_and(|facebook| !facebook.prompt_for_message) {
            return Err(FieldError::value("facebook.promptForMessage", "is always true: Facebook takes no text"));
        }
        let share = Share { x, email_title, email_body, email_icon };
        share.check()?;
        Ok(share)
    }

    fn check(&self) -> Result<(), FieldError> {
        if self.email_icon.as_ref().is_some_and(|icon| icon.len() > flux_referral_rules::limits::LANDING_BYTES) {
            return Err(FieldError::value("email.icon", "is too long for an address"));
        }
        let is_web = |icon: &String| ["https://", "http://", "/"].iter().any(|start| icon.starts_with(start));
        if !self.email_icon.as_ref().is_none_or(is_web) {
            return Err(FieldError::value("email.icon", "is no http:// or https:// address, and no path"));
        }
        if self.email_title.as_ref().is_some_and(|title| title.chars().any(char::is_control)) {
            return Err(FieldError::value("email.title", "must be one line"));
        }
        for (field, text) in [("x.text", &self.x), ("email.title", &self.email_title), ("email.body", &self.email_body)]
        {
            let text = text.as_deref().unwrap_or_default();
            Text::parse(text, SHARE_PLACEHOLDERS).map_err(FieldError::at(field))?;
        }
        Ok(())
    }

    /// The texts, with the ready ones of this language where none is set.
    pub fn doc(&self, language: Language) -> ShareDoc {
        let ReadyShare { x, email_title, email_body } = ready_share(language);
        let or = |own: &Option<String>, ready: &str| own.clone().unwrap_or_else(|| ready.to_owned());
        let email = ShareEmail {
            title: or(&self.email_title, email_title),
            body: or(&self.email_body, email_body),
            icon: self.email_icon.clone(),
        };
        ShareDoc { x: ShareX { text: or(&self.x, x) }, email, facebook: ShareFacebook::default() }
    }
}

impl ShareDoc {
    /// The texts for a customer.
    pub fn filled(self, values: &Values) -> SharedView {
        // Texts are checked when they are saved.
        let text = |text: &str| Text::parse(text, SHARE_PLACEHOLDERS).unwrap_or_default();
        let ShareEmail { title, body, icon } = self.email;
        let email = ShareEmail { title: text(&title).line(values), body: text(&body).filled(values), icon };
        ShareDoc { x: ShareX { text: text(&self.x.text).filled(values) }, email, facebook: self.facebook }
    }
}
