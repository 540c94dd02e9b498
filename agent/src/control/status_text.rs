//! The answer of `status` for people: a line for each part, with the error and its advice below.

use super::{GameStatus, JournalStatus, Status, StoreStatus};
use flux_terminal::{Tone, ago, escape, escape_lines, labelled, paint, short_duration};
use jiff::Timestamp;

/// Columns of the labels.
const LABEL_COLUMNS: usize = 8;

impl Status {
    /// The text, wrapped to this width, with colours.
    #[must_use]
    pub fn text(&self, width: Option<usize>) -> String {
        let now = self.now;
        let head = format!(
            "flux-agent {}, up {}, pid {}, {}",
            self.version,
            short_duration(now.duration_since(self.started_at)),
            self.pid,
            self.config.path.display()
        );
        let mut lines = vec![("store", self.store.text(now))];
        lines.extend(self.store.warnings.iter().map(|warning| ("", paint(Tone::Warning, &escape(warning)))));
        lines.extend(self.store.error.as_ref().map(|error| ("", escape(error))));
        lines.push(("game", self.game.text(now)));
        lines.extend(self.game.log_text().map(|text| ("", text)));
        lines.extend(self.game.warnings.iter().map(|warning| ("", paint(Tone::Warning, &escape(warning)))));
        lines.extend(self.game.error.as_ref().map(|error| ("", escape(error))));
        lines.push(("queue", self.journal.open_text(now)));
        lines.extend(self.journal.warnings.iter().map(|warning| ("", paint(Tone::Warning, warning))));
        lines.push(("done", self.journal.done_text()));
        if let Some(error) = &self.journal.error {
            lines.push(("journal", format!("{}: {}", paint(Tone::Bad, "FAILED"), escape(error))));
        }
        if let Some(error) = &self.config.error {
            let what = paint(Tone::Warning, "the changed file has errors; the old configuration stays in force");
            lines.push(("config", format!("{what}\n{}", escape_lines(error))));
        }
        let lines = lines.iter().map(|(label, text)| labelled(label, LABEL_COLUMNS, text, width));
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    }
}

impl StoreStatus {
    fn text(&self, now: Timestamp) -> String {
        let tone = match self.session.as_str() {
            "connected" => Tone::Good,
            "connecting" => Tone::Warning,
            _ => Tone::Bad,
        };
        let name = escape(self.server_name.as_deref().unwrap_or(&self.server_id));
        let poll = self
            .next_poll_at
            .map_or_else(String::new, |at| format!(", next poll in {}", short_duration(at.duration_since(now))));
        let answered = ago(self.answered_at, now);
        format!("{} ({name} at {}), last answer {answered}{poll}", paint(tone, &self.session), self.url)
    }
}

impl GameStatus {
    /// The players and the markers are of a game that answers; of one that does not, only the error matters.
    fn text(&self, now: Timestamp) -> String {
        if self.state != "online" {
            return format!("{} ({})", paint(Tone::Bad, &self.state), self.address);
        }
        let players = match self.players {
            1 => "1 player".to_owned(),
            players => format!("{players} players"),
        };
        let listed = match &self.list_command {
            Some(command) => format!("{players} from `{command}` {}", ago(self.players_at, now)),
            None => paint(Tone::Warning, "no player list yet"),
        };
        let markers = if self.proof { "on" } else { "off" };
        let state = paint(Tone::Good, &self.state);
        format!("{state} ({}), {listed}, execution markers {markers}", self.address)
    }

    fn log_text(&self) -> Option<String> {
        let log = self.log.as_deref()?;
        let is_followed = log == "followed";
        Some(format!("its log: {}", if is_followed { log.to_owned() } else { paint(Tone::Warning, &escape(log)) }))
    }
}

impl JournalStatus {
    fn count(&self, states: &[&str]) -> String {
        let count = |state: &&str| format!("{} {state}", self.queue.get(*state).copied().unwrap_or(0));
        states.iter().map(count).collect::<Vec<_>>().join(", ")
    }

    fn open_text(&self, now: Timestamp) -> String {
        let open = self.count(&["queued", "awaiting_player", "running", "uncertain"]);
        match self.oldest_open_at {
            Some(at) => format!("{open}; oldest waiting for {}", short_duration(now.duration_since(at))),
            None => open,
        }
    }

    fn done_text(&self) -> String {
        let done = self.count(&["completed", "failed", "cancelled"]);
        format!("{done}; unacknowledged reports: {}", self.unreported)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flux_terminal::plain;
    use serde_json::json;

    fn status(game: &str, players: u32) -> Status {
        serde_json::from_value(json!({
            "version": "0.1.0", "pid": 7, "startedAt": "2026-11-27T10:00:00Z", "now": "2026-11-27T12:05:00Z",
            "store": {"url": "https://store.example", "serverId": "srv_000000000000", "session": "reconnecting",
                "error": "cannot reach store.example: nothing listens there; start the store, or correct store.url"},
            "game": {"address": "127.0.0.1:25575", "state": game, "players": players, "playersAt": "2026-11-27T12:04:58Z",
                "listCommand": "list", "proof": true},
            "journal": {"id": "j", "queue": {}, "unreported": 0},
            "config": {"path": "/etc/flux-agent/creative.yml"}
        }))
        .unwrap()
    }

    #[test]
    fn header_names_the_process_and_its_config() {
        let text = plain(&status("online", 1).text(None));
        assert!(text.starts_with("flux-agent 0.1.0, up 2h 5m, pid 7, /etc/flux-agent/creative.yml\n"), "{text}");
        assert!(text.contains("1 player from `list` 2s ago"), "{text}");
        assert!(!text.contains("oldest"), "nothing waits: {text}");
    }

    #[test]
    fn unreachable_game_shows_no_players_and_no_markers() {
        let text = plain(&status("offline", 3).text(None));
        assert!(text.contains("game     offline (127.0.0.1:25575)\n"), "{text}");
        assert!(!text.contains("players") && !text.contains("markers"), "{text}");
    }

    #[test]
    fn what_does_not_work_is_coloured_and_errors_hang_under_their_part() {
        let text = status("offline", 0).text(Some(60));
        assert!(
            text.contains(&paint(Tone::Bad, "offline")) && text.contains(&paint(Tone::Bad, "reconnecting")),
            "{text}"
        );
        for line in plain(&text).lines().skip(1) {
            assert!(line.chars().count() <= 60, "{line}");
        }
        assert!(plain(&text).contains("\n         cannot reach store.example"), "{text}");
    }
}
