//! Writes the metrics in Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4).

use crate::journal::Counts;
use crate::state::{CountsByOutcome, RCON_BUCKETS_SECONDS, Shared};
use flux_protocol::GameState;
use jiff::Timestamp;
use std::fmt::{Display, Write};

/// Every state has a series from the start, so that an alert can distinguish 0 from a missing series.
const STATES: [&str; 7] = ["queued", "awaiting_player", "running", "uncertain", "completed", "failed", "cancelled"];
const SESSIONS: [&str; 5] = ["connecting", "connected", "reconnecting", "token_rejected", "refused"];
const ATTEMPTS: [&str; 7] = ["completed", "rejected", "unrecognised", "player_away", "held", "answer_lost", "not_sent"];
const OUTCOMES: [&str; 2] = ["ok", "failed"];

pub(super) fn text(shared: &Shared) -> String {
    let mut page = Page(String::new());
    page.one("flux_agent_build_info", "gauge", "The program.", &format!("version=\"{}\"", crate::VERSION), 1);
    let started = shared.started_at.as_millisecond() as f64 / 1_000.0;
    page.one("flux_agent_start_time_seconds", "gauge", "Start of the daemon as Unix time.", "", started);
    queue(&mut page, shared);
    store(&mut page, shared);
    game(&mut page, shared);
    let reloads = shared.metrics.counters().reloads;
    page.by_outcome("flux_agent_config_reloads_total", "Reloads of the configuration.", &OUTCOMES, &reloads);
    let broken = u8::from(shared.reload_error().is_some());
    page.one(
        "flux_agent_config_stale",
        "gauge",
        "1 while the changed configuration has errors and the old one stays in force.",
        "",
        broken,
    );
    page.0
}

fn queue(page: &mut Page, shared: &Shared) {
    let limits = shared.config().journal;
    let read = {
        let journal = shared.journal();
        (|| {
            Ok::<_, crate::journal::JournalError>((
                journal.counts()?,
                journal.oldest_open()?,
                journal.unreported_count()?,
                journal.room(limits)?.shortage().is_some(),
            ))
        })()
    };
    let (counts, oldest, unreported, is_full): (Counts, Option<Timestamp>, u64, bool) =
        read.as_ref().ok().cloned().unwrap_or_default();
    page.one(
        "flux_agent_journal_up",
        "gauge",
        "1 while the journal works.",
        "",
        u8::from(read.is_ok() && shared.journal_error.borrow().is_none()),
    );
    page.one("flux_agent_journal_full", "gauge", "1 while there is no room for new commands.", "", u8::from(is_full));
    page.head("flux_agent_queue_jobs", "gauge", "Jobs in the journal by state.");
    for state in STATES {
        page.line("flux_agent_queue_jobs", &format!("state=\"{state}\""), counts.get(state).copied().unwrap_or(0));
    }
    page.one(
        "flux_agent_queue_oldest_age_seconds",
        "gauge",
        "Age of the oldest open job; 0 without one.",
        "",
        age(shared, oldest),
    );
    page.one("flux_agent_unreported_reports", "gauge", "States that the store has not acknowledged.", "", unreported);
    let attempts = shared.metrics.counters().attempts;
    page.by_outcome("flux_agent_attempts_total", "Lines sent to the game by outcome.", &ATTEMPTS, &attempts);
}

fn store(page: &mut Page, shared: &Shared) {
    let view = shared.store.borrow().clone();
    page.head("flux_agent_session_state", "gauge", "1 for the current state of the session with the store.");
    for state in SESSIONS {
        page.line("flux_agent_session_state", &format!("state=\"{state}\""), u8::from(view.session.as_str() == state));
    }
    page.one(
        "flux_agent_store_answer_age_seconds",
        "gauge",
        "Time since the last answer of the store; 0 before the first.",
        "",
        age(shared, view.answered_at),
    );
    page.one(
        "flux_agent_clock_offset_seconds",
        "gauge",
        "The store's clock minus this machine's.",
        "",
        view.skew.as_secs_f64(),
    );
    let counters = shared.metrics.counters();
    let reconnects = counters.sessions.saturating_sub(1);
    page.one("flux_agent_session_reconnects_total", "counter", "Sessions opened after the first.", "", reconnects);
    page.by_outcome("flux_agent_polls_total", "Polls of the store.", &OUTCOMES, &counters.polls);
}

fn game(page: &mut Page, shared: &Shared) {
    let view = shared.game.borrow().clone();
    page.one("flux_agent_game_up", "gauge", "1 while the game answers.", "", u8::from(view.state == GameState::Online));
    page.one("flux_agent_players", "gauge", "Players online in the last list of the game.", "", view.players);
    page.one(
        "flux_agent_game_warnings",
        "gauge",
        "Limits of this game that affect deliveries, as status lists them.",
        "",
        view.warnings.len(),
    );
    page.head("flux_agent_list_command", "gauge", "1 for the command that lists players.");
    if let Some(command) = view.list_command {
        page.line("flux_agent_list_command", &format!("command=\"{command}\""), 1);
    }
    page.one(
        "flux_agent_presence_age_seconds",
        "gauge",
        "Time since the last player list; 0 before the first.",
        "",
        age(shared, view.players_at),
    );
    let counters = shared.metrics.counters();
    let name = "flux_agent_rcon_seconds";
    page.head(name, "histogram", "Latency of the game's answers.");
    let mut below = 0;
    for (bound, count) in RCON_BUCKETS_SECONDS.iter().zip(counters.rcon_buckets) {
        below += count;
        page.line("flux_agent_rcon_seconds_bucket", &format!("le=\"{bound}\""), below);
    }
    page.line("flux_agent_rcon_seconds_bucket", "le=\"+Inf\"", counters.rcon_count);
    page.line("flux_agent_rcon_seconds_sum", "", counters.rcon_seconds);
    page.line("flux_agent_rcon_seconds_count", "", counters.rcon_count);
}

fn age(shared: &Shared, at: Option<Timestamp>) -> f64 {
    at.map_or(0.0, |at| shared.now().duration_since(at).as_secs_f64().max(0.0))
}

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing into a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = match labels {
            "" => writeln!(self.0, "{name} {value}"),
            labels => writeln!(self.0, "{name}{{{labels}}} {value}"),
        };
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, labels: &str, value: impl Display) {
        self.head(name, kind, help);
        self.line(name, labels, value);
    }

    fn by_outcome(&mut self, name: &str, help: &str, outcomes: &[&'static str], counts: &CountsByOutcome) {
        self.head(name, "counter", help);
        for outcome in outcomes {
            self.line(name, &format!("outcome=\"{outcome}\""), counts.get(outcome).copied().unwrap_or(0));
        }
    }
}
