//! The example of `flux-agent status` in `docs/how-to/monitor.md`.

use flux_agent::control::Status;
use serde_json::{Value, json};

/// The printed status of a day with a little of everything.
pub(super) fn example() -> String {
    let status: Status = serde_json::from_value(facts()).unwrap();
    flux_terminal::plain(&status.text(None))
}

fn facts() -> Value {
    json!({
        "version": "0.1.0", "pid": 812, "startedAt": "2026-11-27T10:00:00Z", "now": "2026-11-27T12:05:00Z",
        "store": {
            "url": "https://store.example.com", "serverId": "srv_000000000000", "serverName": "Survival",
            "session": "connected", "answeredAt": "2026-11-27T12:04:57Z",
            "polledAt": "2026-11-27T12:04:30Z", "nextPollAt": "2026-11-27T12:09:30Z", "error": null
        },
        "game": {
            "address": "127.0.0.1:25575", "state": "online", "players": 12, "playersAt": "2026-11-27T12:04:58Z",
            "listCommand": "list uuids", "log": null, "proof": true, "error": null
        },
        "journal": {
            "id": "jrn_example", "oldestOpenAt": "2026-11-26T10:05:00Z", "unreported": 0, "error": null,
            "queue": {"awaiting_player": 4, "completed": 310, "failed": 1, "cancelled": 2}
        },
        "config": {"path": "/etc/flux-agent/config.yml", "error": null}
    })
}
