//! Sends the policy in force to the store, which then warns of packages that this agent would refuse. Only the agent's own
//! policy decides: nothing here depends on the store's answer.

use super::rest::{self, Rest};
use crate::config::Config;
use crate::limits::POLICY_RETRY;
use crate::state::{Link, Phase, Shared};
use flux_delivery::policy::{Glob, Mode};
use flux_protocol::{PolicyMode, PolicyNotice};
use std::future::pending;
use tokio::sync::watch;

/// Sends the policy after the first contact, in each new session and after each change, until the daemon stops.
pub(super) async fn run(shared: &Shared, rest: &dyn Rest) {
    tokio::select! { biased;
        () = shared.reached(Phase::Draining) => {}
        () = send_changes(shared, rest) => {}
    }
}

async fn send_changes(shared: &Shared, rest: &dyn Rest) {
    let (mut link, mut live) = (shared.link.subscribe(), shared.live.subscribe());
    // The store takes the word of a journal that it has accepted, by a `Hello` or a poll.
    if shared.store.subscribe().wait_for(|view| view.answered_at.is_some()).await.is_err() {
        return;
    }
    loop {
        link.borrow_and_update();
        let notice = notice(&live.borrow_and_update());
        let is_open = match rest::policy(rest, &notice).await {
            Ok(()) => false,
            Err(error) => {
                tracing::debug!(%error, "the store did not take the policy: it cannot warn of packages that are refused here");
                !error.is_about_content() && !error.is_unknown_call()
            }
        };
        tokio::select! { biased;
            () = new_session(&mut link) => {}
            () = other_policy(&mut live, &notice) => {}
            () = tokio::time::sleep(POLICY_RETRY), if is_open => {}
        }
    }
}

fn notice(config: &Config) -> PolicyNotice {
    let policy = &config.policy;
    let texts = |globs: &[Glob]| globs.iter().map(|glob| glob.text().to_owned()).collect();
    let mode = match policy.mode {
        Mode::Default => PolicyMode::Default,
        Mode::Strict => PolicyMode::Strict,
    };
    let bedrock_prefix = config.players.bedrock_prefix.clone();
    PolicyNotice { mode, allow: texts(&policy.allow), deny: texts(&policy.deny), bedrock_prefix }
}

async fn new_session(link: &mut watch::Receiver<Link>) {
    while link.changed().await.is_ok() {
        if matches!(*link.borrow_and_update(), Link::Up(_)) {
            return;
        }
    }
    pending().await
}

async fn other_policy(live: &mut watch::Receiver<std::sync::Arc<Config>>, sent: &PolicyNotice) {
    while live.changed().await.is_ok() {
        if notice(&live.borrow_and_update()) != *sent {
            return;
        }
    }
    pending().await
}
