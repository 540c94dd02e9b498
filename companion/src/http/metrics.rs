//! Metrics in Prometheus' text format. They are numbers only, without names or ids.

use crate::app::App;
use axum::extract::State;
use axum::response::IntoResponse;
use flux_rest::ApiError;
use flux_storage::cursors::{self, Cursor};
use flux_storage::{Tx, commands, events};
use http::header::CONTENT_TYPE;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;

struct Figures {
    commands: Vec<(String, i64)>,
    events: i64,
    delivered: i64,
}

/// Metrics in Prometheus' text format. They have no login: they are served at `metrics.listen` only.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Result<impl IntoResponse, ApiError> {
    let look = |tx: &Tx<'_>| -> Result<Figures, flux_storage::Error> {
        let delivered = cursors::position(tx, Cursor::Webhook)?.unwrap_or_default();
        Ok(Figures { commands: commands::counts(tx)?, events: events::last_seq(tx)?, delivered })
    };
    let figures = app.db.read(look).await?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text(&app, &figures)))
}

fn text(app: &App, figures: &Figures) -> String {
    let mut text = String::new();
    let version = env!("CARGO_PKG_VERSION");
    family(&mut text, "info", "gauge", "The companion.", [(format!("version=\"{version}\""), 1)]);
    family(&mut text, "sessions", "gauge", "Agents in a session.", [(String::new(), app.sessions.count() as i64)]);
    let answers = app.answers.iter().zip(1..).map(|(count, hundred)| {
        (format!("status=\"{hundred}xx\""), i64::try_from(count.load(Ordering::Relaxed)).unwrap_or(i64::MAX))
    });
    family(&mut text, "requests_total", "counter", "Requests answered since the start.", answers);
    let counted =
        |status: &str| figures.commands.iter().find(|(found, _)| found == status).map_or(0, |(_, count)| *count);
    let commands = ["pending", "delivered", "awaiting_player", "failed"]
        .map(|status| (format!("status=\"{status}\""), counted(status)));
    family(&mut text, "commands", "gauge", "Commands that are open or have failed.", commands);
    family(&mut text, "events_total", "counter", "The seq of the last event.", [(String::new(), figures.events)]);
    if app.config.webhook.is_some() {
        let lag = [(String::new(), figures.events - figures.delivered)];
        family(&mut text, "webhook_lag", "gauge", "Events that the webhook was not told yet.", lag);
    }
    text
}

fn family(text: &mut String, name: &str, kind: &str, help: &str, values: impl IntoIterator<Item = (String, i64)>) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# HELP flux_companion_{name} {help}\n# TYPE flux_companion_{name} {kind}");
    for (labels, value) in values {
        let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
        let _ = writeln!(text, "flux_companion_{name}{labels} {value}");
    }
}
