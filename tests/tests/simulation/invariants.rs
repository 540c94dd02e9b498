//! The invariants, named as in the delivery model. Each is checked on every history.

use crate::scenario::{History, Kept};
use crate::workload::GIFT;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

/// The most tasks that a program may have at a time: its own, and those of the few connections of this small world.
const TASKS: usize = 16;

pub fn check_all(history: &History) {
    no_program_gave_up(history);
    nothing_piles_up(history);
    s1_a_line_takes_effect_at_most_once(history);
    s2_completed_only_after_an_effect(history);
    s3_cancelled_only_without_an_effect(history);
    s4_every_command_reached_an_end(history);
    s5_both_sides_agree(history);
    s6_nothing_takes_effect_after_a_closed_failure(history);
    t_certain_failure_means_no_effect(history);
    commands_are_cancelled_only_on_request(history);
    commands_only_move_forward(history);
    a_players_commands_run_in_payment_order(history);
    some_were_completed(history);
}

fn fail(history: &History, promise: &str, command: &Value) -> ! {
    panic!(
        "seed {}: {promise}: {command:#}\nruns: {:?}\njournal: {:?}\n{}\nreplay: make sim SEED={}",
        history.seed,
        runs(history, command),
        history.journal.get(command["id"].as_str().unwrap_or_default()),
        history.trace.iter().filter(|line| !line.contains('{')).cloned().collect::<Vec<_>>().join("\n"),
        history.seed
    );
}

fn line(command: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let filled = text(&command["command"]).replace("{order}", &text(&command["orderId"]));
    filled.replace("{player}", &text(&command["player"]["name"]))
}

/// The times at which a command's line took effect.
fn runs(history: &History, command: &Value) -> Vec<Duration> {
    let line = line(command);
    history.effects.iter().filter(|(_, effect)| *effect == line).map(|(at, _)| *at).collect()
}

fn has_run(history: &History, command: &Value) -> bool {
    !runs(history, command).is_empty()
}

fn retries(history: &History, command: &Value) -> usize {
    history.sales.retries.get(command["id"].as_str().unwrap()).copied().unwrap_or_default()
}

/// The number of times that an admin at the agent has handled the command; after that, only the admin knows its state.
fn by_hand(history: &History, command: &Value) -> usize {
    history.sales.by_hand.get(command["id"].as_str().unwrap()).copied().unwrap_or_default()
}

fn entries(command: &Value) -> &[Value] {
    command["history"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn was_uncertain(command: &Value) -> bool {
    entries(command).iter().any(|entry| entry["reason"] == "uncertain")
}

fn ended<'a>(history: &'a History, status: &'a str) -> impl Iterator<Item = &'a Value> {
    history.sales.commands.iter().filter(move |command| command["status"] == status)
}

fn no_program_gave_up(history: &History) {
    assert!(history.failures.is_empty(), "seed {}: {:?}", history.seed, history.failures);
}

/// However many failures there were, no call, connection or wait is left behind.
fn nothing_piles_up(history: &History) {
    let is_within = history.most_tasks.iter().all(|most| *most <= TASKS);
    assert!(is_within, "seed {}: tasks of agent and store at a time: {:?}", history.seed, history.most_tasks);
}

fn s1_a_line_takes_effect_at_most_once(history: &History) {
    // `on_uncertain: retry` is for stores whose commands are all safe to repeat: once more for each uncertain moment. A lost journal is one.
    let allowed = if history.retries_uncertain { 2 + usize::from(history.played("journal lost")) } else { 1 };
    for command in &history.sales.commands {
        // A manual retry allows one more run; a retry whose answer was lost was sent twice.
        let allowed = allowed + 2 * retries(history, command) + by_hand(history, command);
        if runs(history, command).len() > allowed {
            fail(history, "S1 a line took effect more than once", command);
        }
    }
}

fn s2_completed_only_after_an_effect(history: &History) {
    for command in ended(history, "completed") {
        if !has_run(history, command) {
            fail(history, "S2 completed without an effect", command);
        }
    }
}

fn s3_cancelled_only_without_an_effect(history: &History) {
    for command in ended(history, "cancelled") {
        if has_run(history, command) && !was_uncertain(command) && by_hand(history, command) == 0 {
            fail(history, "S3 cancelled although it took effect", command);
        }
    }
}

fn s4_every_command_reached_an_end(history: &History) {
    for command in &history.sales.commands {
        if !matches!(command["status"].as_str(), Some("completed" | "failed" | "cancelled")) {
            fail(history, "S4 a command is stuck", command);
        }
    }
}

/// Each command that an agent has reported is in the journal, and a closed and acknowledged command has the same state on both sides. Commands of
/// another journal (a lost one, or the second agent's) are exempt.
fn s5_both_sides_agree(history: &History) {
    let has_one_journal = !history.played("journal lost") && !history.played("second agent");
    for command in &history.sales.commands {
        let was_reported = entries(command).iter().any(|entry| entry["status"] == "delivered");
        let kept = history.journal.get(command["id"].as_str().unwrap_or_default());
        let Some(kept) = kept else {
            if was_reported && has_one_journal {
                fail(history, "S5 a reported command is not in the journal", command);
            }
            continue;
        };
        let is_over = !kept.is_open && kept.acknowledged;
        // A completed command counts even if it ran by hand (rule 1), and one that ran by hand may wait for a player who never joins.
        let is_in_hand = by_hand(history, command) > 0 && kept.status != "completed" && (is_over || kept.is_open);
        // A late call of the lost journal may still reach the store, and tell it what the new journal cannot know.
        let knows_more =
            history.played("journal lost") && command["status"] == "completed" && has_run(history, command);
        let is_settled =
            is_in_hand || is_over && (agree(kept, command) || knows_more && kept.reason == Some("uncertain"));
        if !is_settled && !history.played("second agent") {
            fail(history, "S5 store and journal disagree", command);
        }
    }
}

/// Compares the journal's and the store's state of a command. The store may have moved on to an attempt that the agent has never seen, and a command that the game
/// has refused is shown as cancelled if a cancel was requested.
fn agree(kept: &Kept, command: &Value) -> bool {
    let (attempt, status) = (command["attempt"].as_u64().unwrap_or_default(), command["status"].as_str());
    let is_same = Some(kept.status) == status && (kept.status != "failed" || kept.reason == command["reason"].as_str())
        || status == Some("cancelled") && kept.reason == Some("rejected_by_game");
    match u64::from(kept.attempt).cmp(&attempt) {
        Ordering::Equal => is_same,
        Ordering::Less => kept.status != "completed" || status == Some("completed"),
        Ordering::Greater => false,
    }
}

/// Uses the store's clock, so it is checked only if that clock was never wrong.
fn s6_nothing_takes_effect_after_a_closed_failure(history: &History) {
    if history.played("clock set wrong") || history.played("second agent") {
        return;
    }
    for command in ended(history, "failed").filter(|command| retries(history, command) + by_hand(history, command) == 0)
    {
        let Some(closed_at) = entries(command).iter().find(|entry| entry["status"] == "failed").map(moment) else {
            continue;
        };
        if runs(history, command).iter().any(|at| *at > closed_at) {
            fail(history, "S6 it took effect after the store had shown it as failed", command);
        }
    }
}

/// The time of a history entry, since the simulation began.
fn moment(entry: &Value) -> Duration {
    let at: jiff::Timestamp = entry["at"].as_str().unwrap().parse().unwrap();
    Duration::try_from(at.duration_since(crate::machine::start())).unwrap()
}

fn t_certain_failure_means_no_effect(history: &History) {
    for command in ended(history, "failed") {
        let is_sure = command["reason"] != "uncertain" && !was_uncertain(command) && by_hand(history, command) == 0;
        if is_sure && has_run(history, command) {
            fail(history, "T failed, not uncertain, although it took effect", command);
        }
    }
}

/// Checks the store and the journal, which has the commands that the agent's admin ran by hand.
fn commands_are_cancelled_only_on_request(history: &History) {
    for command in &history.sales.commands {
        let (id, order) = (command["id"].as_str().unwrap(), command["orderId"].as_str().unwrap());
        let is_cancelled =
            command["status"] == "cancelled" || history.journal.get(id).is_some_and(|kept| kept.status == "cancelled");
        if is_cancelled && !history.sales.refunded.contains(order) && !history.sales.dropped.contains(id) {
            fail(history, "it was cancelled, and nobody had cancelled it", command);
        }
    }
}

/// A command that is closed as completed or cancelled stays closed.
fn commands_only_move_forward(history: &History) {
    for command in &history.sales.commands {
        let states: Vec<&str> = entries(command).iter().filter_map(|entry| entry["status"].as_str()).collect();
        let completed = states.iter().position(|state| *state == "completed");
        if completed.is_some_and(|at| at + 1 < states.len()) {
            fail(history, "something came after completed", command);
        }
        let attempts: Vec<u64> = entries(command).iter().filter_map(|entry| entry["attempt"].as_u64()).collect();
        if !attempts.is_sorted() {
            fail(history, "an attempt went back", command);
        }
    }
}

/// Checks commands that were never uncertain and whose player is online. Exempt are gifts, which are sent at once; lost lines, which are sent again with growing delays
/// so that they block no one; two agents, which each run their own commands;
/// and commands that a full disk has refused, which come again at the store's next sweep.
fn a_players_commands_run_in_payment_order(history: &History) {
    if history.played("second agent") || history.played("journal's disk full") {
        return;
    }
    let commands: BTreeMap<String, &Value> =
        history.sales.commands.iter().map(|command| (line(command), command)).collect();
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for (_, effect) in &history.effects {
        let is_in_order = |command: &&&Value| {
            command["attempt"] == 1 && command["packageId"] != GIFT && by_hand(history, command) == 0
        };
        let Some(command) = commands.get(effect).filter(is_in_order) else { continue };
        if history.journal.get(command["id"].as_str().unwrap()).is_none_or(|kept| kept.was_settled) {
            continue;
        }
        let (player, sequence) = (command["player"]["name"].as_str().unwrap(), command["sequence"].as_u64().unwrap());
        if !seen.insert(effect) {
            continue;
        }
        if last.insert(player, sequence).is_some_and(|before| before > sequence) {
            fail(history, "it ran after a later one of its player", command);
        }
    }
}

fn some_were_completed(history: &History) {
    let is_any = ended(history, "completed").next().is_some();
    assert!(
        is_any,
        "seed {}: a world in which nothing works proves nothing (proof: {})",
        history.seed, history.has_proof
    );
}
