//! Checks the store: a session, a REST call, and the clock.

use super::Check;
use crate::config::Config;
use crate::limits::CLOCK_SKEW;
use crate::upstream::{ProbeError, call_api, open_session};
use flux_config::exit_code::ExitCode;
use flux_platform::{Clock, SystemClock};
use jiff::SignedDuration;

pub(super) async fn checks(config: &Config) -> Vec<Check> {
    let store = &config.store;
    let session = open_session(store).await;
    let is_worth_a_call = matches!(session, Ok(()) | Err(ProbeError::NoWebSockets(_)));
    let opened = format!("{} opened a session for {}", store.url, store.token.server_id());
    let mut checks = vec![Check::of("store", ExitCode::Unreachable, session.map(|()| opened).map_err(refusal))];
    if !is_worth_a_call {
        return checks;
    }
    let before = SystemClock.now();
    let answered = call_api(store).await;
    let theirs = answered.as_ref().ok().copied().flatten();
    let polling = answered.map(|_| format!("{} answers, for the time without a session", store.api_url()));
    checks.push(Check::of("polling", ExitCode::Unreachable, polling.map_err(refusal)));
    checks.extend(theirs.map(|theirs| clock(theirs.duration_since(before))));
    checks
}

fn refusal(error: ProbeError) -> String {
    match error {
        ProbeError::TokenRejected(_) => format!("{error}; make a new one at the store, then run flux-agent token set"),
        other => other.to_string(),
    }
}

fn clock(skew: SignedDuration) -> Check {
    let difference = format!("differs from the store's by {} s", skew.as_secs());
    let outcome = if skew.unsigned_abs() > CLOCK_SKEW {
        Err(format!("{difference}; set the time, for example: timedatectl set-ntp true"))
    } else {
        Ok(difference)
    };
    Check::of("clock", ExitCode::Failed, outcome)
}
