//! The `limits` section: the limits that an admin may change.

use flux_config::Section;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// The limits that an admin may change.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Open connections, agents' sessions among them.
    pub connections: usize,
    /// Requests worked on at once; one more is answered 503.
    pub requests_in_flight: usize,
    /// Requests a second of one key or one server's token, on average and in a burst; more are answered 429.
    pub requests_per_second: u32,
    /// Wrong or missing keys and tokens of one address in a minute, on average and in a burst; more are answered 429.
    pub wrong_keys_per_minute: u32,
    /// The longest time for a request.
    pub request_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            body_bytes: 256 * 1024,
            connections: 12_000,
            requests_in_flight: 512,
            requests_per_second: 2_000,
            wrong_keys_per_minute: 300,
            request_timeout: 30 * SECOND,
        }
    }
}

impl Limits {
    pub(super) fn read(mut limits: Section<'_>) -> Limits {
        let default = Limits::default();
        let read = Limits {
            body_bytes: limits.integer("body_bytes", 16 * 1024..=16 * 1024 * 1024, default.body_bytes),
            connections: limits.integer("connections", 10..=100_000, default.connections),
            requests_in_flight: limits.integer("requests_in_flight", 1..=10_000, default.requests_in_flight),
            requests_per_second: limits.integer("requests_per_second", 1..=100_000, default.requests_per_second),
            wrong_keys_per_minute: limits.integer(
                "wrong_keys_per_minute",
                1..=1_000_000,
                default.wrong_keys_per_minute,
            ),
            // A server's removal waits up to 10 s for its agent.
            request_timeout: limits.duration("request_timeout", 15 * SECOND..=300 * SECOND, default.request_timeout),
        };
        limits.finish();
        read
    }
}
