//! Decides whether a click on a link counts.

use crate::Reason;
use crate::limits::{LINK_CLICKS, REPEATED_CLICK_SECONDS, VISITOR_CLICKS};
use jiff::{SignedDuration, Timestamp};

/// Parts of the names of programs that open a link to show a preview of it, lower-cased.
const PREVIEW_AGENTS: [&str; 16] = [
    "bot",
    "crawl",
    "spider",
    "preview",
    "facebookexternalhit",
    "facebot",
    "whatsapp",
    "telegram",
    "discord",
    "slack",
    "skype",
    "embedly",
    "pinterest",
    "vkshare",
    "viber",
    "headless",
];

/// The known facts about a visit to a link. An unknown field never prevents a click from counting.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// The time of the visit.
    pub at: Timestamp,
    /// The `User-Agent` header.
    pub user_agent: Option<&'a str>,
    /// The `Sec-Purpose` or `Purpose` header: `prefetch` and its like.
    pub purpose: Option<&'a str>,
    /// The time of this visitor's last counted click on this link.
    pub last_by_visitor: Option<Timestamp>,
    /// The visitor's counted clicks within the last 24 hours, on any link.
    pub by_visitor: u32,
    /// The counted clicks on this link on the store's day.
    pub on_link: u32,
}

/// The result of a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Click {
    /// It increments the counter.
    Counted,
    /// A program looked at the link, not a person.
    Preview,
    /// The same visitor within 24 hours.
    Repeat,
    /// The visitor or the link has reached its limit of the day.
    OverLimit,
    /// The link is invalid at present (R2-17, R3-03): refused.
    Refused(Reason),
}

/// Evaluates a click on a link. `standing` is the owner's standing as a referrer.
pub fn click<T>(visit: &Visit<'_>, standing: Result<T, Reason>) -> Click {
    if let Err(reason) = standing {
        return Click::Refused(reason);
    }
    let agent = visit.user_agent.unwrap_or_default().to_lowercase();
    let purpose = visit.purpose.unwrap_or_default().to_lowercase();
    let is_preview = ["prefetch", "prerender", "preview"].iter().any(|word| purpose.contains(word));
    if is_preview || PREVIEW_AGENTS.iter().any(|name| agent.contains(name)) {
        return Click::Preview;
    }
    let repeats = |last: Timestamp| {
        let since = visit.at.duration_since(last);
        !since.is_negative() && since < SignedDuration::from_secs(REPEATED_CLICK_SECONDS)
    };
    if visit.last_by_visitor.is_some_and(repeats) {
        return Click::Repeat;
    }
    if visit.by_visitor >= VISITOR_CLICKS || visit.on_link >= LINK_CLICKS { Click::OverLimit } else { Click::Counted }
}
