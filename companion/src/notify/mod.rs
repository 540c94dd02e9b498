//! What leaves the companion by itself: signed webhooks and mails.

pub(crate) mod mail;
pub(crate) mod webhook;
