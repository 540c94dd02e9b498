//! Outgoing notifications: signed webhook requests and mails.

pub(crate) mod mail;
pub(crate) mod unsubscribe;
pub(crate) mod webhook;
