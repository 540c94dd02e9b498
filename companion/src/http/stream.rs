//! The stream of events (server-sent events). A reader that lost its connection resumes with `Last-Event-ID`, as browsers do.
//! The OpenAPI document leaves it out, since it cannot describe streams.

use super::dto::EventOut;
use super::events::cursor_ahead;
use crate::app::App;
use crate::limits;
use axum::extract::State;
use axum::response::{Sse, sse};
use flux_rest::{ApiError, ApiKey, Query, Share};
use flux_shop::Event;
use flux_storage::keys::KeyRow;
use flux_storage::{Tx, events, keys};
use futures_util::stream::{Stream, unfold};
use http::HeaderMap;
use serde::Deserialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::sleep;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StreamQuery {
    /// Events after this `seq`; those from now on without it.
    #[serde(default)]
    after: Option<i64>,
}

/// The position of one reader.
struct Reader {
    app: Arc<App>,
    key: KeyRow,
    /// The last event that was read.
    cursor: i64,
    /// Read and not sent yet.
    found: VecDeque<Event>,
    commits: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
    _share: Share,
}

/// The events after `Last-Event-ID` or `after`, then each as it happens.
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    ApiKey(key): ApiKey,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, ApiError> {
    let place = Arc::clone(&app.streams).try_acquire_owned().map_err(|_| ApiError::busy())?;
    let share = app.stream_shares.take(&key.name).ok_or_else(ApiError::busy)?;
    let commits = app.db.commits();
    let asked = last_event_id(&headers)?.or(query.after);
    let last = app.db.read(events::last_seq).await?;
    let cursor = asked.unwrap_or(last);
    if cursor > last {
        return Err(cursor_ahead(last));
    }
    let stopping = app.stopping.subscribe();
    let reader = Reader { app, key, cursor, found: VecDeque::new(), commits, stopping, _place: place, _share: share };
    Ok(Sse::new(unfold(reader, next)))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let seq = value.to_str().ok().and_then(|text| text.parse().ok()).filter(|seq| *seq >= 0);
    seq.map(Some).ok_or_else(|| ApiError::value("Last-Event-ID", "must be the seq of an event"))
}

/// The next event, or a comment after a quiet while. The stream ends when the companion stops, when the
/// key was revoked, or when the database fails; the reader reconnects.
async fn next(mut reader: Reader) -> Option<(Result<sse::Event, Infallible>, Reader)> {
    loop {
        if let Some(event) = reader.found.pop_front() {
            let seq = event.seq.to_string();
            let text = serde_json::to_string(&EventOut::from(event)).ok()?;
            return Some((Ok(sse::Event::default().id(seq).data(text)), reader));
        }
        reader.commits.borrow_and_update();
        reader.look().await.ok()?;
        if !reader.found.is_empty() {
            continue;
        }
        let stopping = reader.stopping.clone();
        tokio::select! { biased;
            () = stops(stopping) => return None,
            changed = reader.commits.changed() => changed.ok()?,
            () = sleep(limits::EVENTS_LOOK) => return Some((Ok(sse::Event::default().comment("nothing new")), reader)),
        }
    }
}

async fn stops(mut stopping: watch::Receiver<bool>) {
    // The wait fails when the companion is gone, which is a stop too.
    let _ = stopping.wait_for(|stops| *stops).await;
}

impl Reader {
    async fn look(&mut self) -> Result<(), flux_storage::Error> {
        let (key, cursor) = (self.key.clone(), self.cursor);
        let look = move |tx: &Tx<'_>| {
            if !keys::is_good(tx, &key)? {
                return Err(flux_storage::Error::Closed);
            }
            events::after(tx, cursor, limits::EVENT_BATCH)
        };
        self.found = self.app.db.read(look).await?.into();
        self.cursor = self.found.back().map_or(cursor, |event| event.seq);
        Ok(())
    }
}
