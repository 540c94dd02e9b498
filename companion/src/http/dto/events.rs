//! Events in JSON: in lists, in the stream, and in the webhook's requests.

use flux_shop::Event;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Something that happened. Events never change, and hold no secret.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = EventRow)]
pub(crate) struct EventOut {
    /// Its place in the order of all events, from 1.
    pub(crate) seq: i64,
    /// The time.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The kind, such as `order.paid`.
    kind: String,
    /// The id of the order, command, server, package, attribution, grant, link, rule or customer; or the name of the key.
    subject: String,
    /// Details, by kind.
    data: Value,
    /// The cause: `key:NAME`, `agent:SERVER`, `cli` or `companion`.
    actor: String,
}

impl From<Event> for EventOut {
    fn from(event: Event) -> EventOut {
        let Event { seq, at, kind, subject, data, actor } = event;
        EventOut { seq, at, kind, subject, data, actor }
    }
}
