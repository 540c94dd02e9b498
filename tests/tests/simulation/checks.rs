//! The promises, as the model of the contract names them. Each is checked on every history.

use crate::story::History;
use serde_json::Value;

pub fn all(history: &History) {
    no_program_gave_up(history);
    s1_a_line_takes_effect_at_most_once(history);
    s2_completed_only_after_an_effect(history);
    s3_cancelled_only_without_an_effect(history);
    t_failed_for_another_reason_than_uncertain_means_no_effect(history);
    s4_every_command_reached_an_end(history);
    a_commands_life_goes_forward_only(history);
    some_were_completed(history);
}

fn fail(history: &History, promise: &str, command: &Value) -> ! {
    panic!(
        "seed {}: {promise}: {command:#}\nruns: {}\n{}\nreplay: make sim SEED={}",
        history.seed,
        runs(history, command),
        history.trace.iter().filter(|line| !line.contains('{')).cloned().collect::<Vec<_>>().join("\n"),
        history.seed
    );
}

fn line(command: &Value) -> String {
    format!("say {} {}", command["orderId"].as_str().unwrap(), command["player"]["name"].as_str().unwrap())
}

fn runs(history: &History, command: &Value) -> usize {
    history.runs.get(&line(command)).copied().unwrap_or_default()
}

fn was_uncertain(command: &Value) -> bool {
    command["history"].as_array().unwrap().iter().any(|entry| entry["reason"] == "uncertain")
}

fn no_program_gave_up(history: &History) {
    assert!(history.failures.is_empty(), "seed {}: {:?}", history.seed, history.failures);
}

fn s1_a_line_takes_effect_at_most_once(history: &History) {
    // `on_uncertain: retry` is for stores whose every command is safe to repeat: once more for each uncertain moment.
    let allowed = if history.retries_uncertain { 2 } else { 1 };
    for command in &history.sold.commands {
        if runs(history, command) > allowed {
            fail(history, "S1 a line took effect more than once", command);
        }
    }
}

fn s2_completed_only_after_an_effect(history: &History) {
    for command in history.sold.commands.iter().filter(|command| command["status"] == "completed") {
        if runs(history, command) == 0 {
            fail(history, "S2 completed without an effect", command);
        }
    }
}

fn s3_cancelled_only_without_an_effect(history: &History) {
    for command in history.sold.commands.iter().filter(|command| command["status"] == "cancelled") {
        if runs(history, command) > 0 && !was_uncertain(command) {
            fail(history, "S3 cancelled although it took effect", command);
        }
    }
}

fn t_failed_for_another_reason_than_uncertain_means_no_effect(history: &History) {
    for command in history.sold.commands.iter().filter(|command| command["status"] == "failed") {
        if command["reason"] != "uncertain" && runs(history, command) > 0 && !was_uncertain(command) {
            fail(history, "T failed, not uncertain, although it took effect", command);
        }
    }
}

fn s4_every_command_reached_an_end(history: &History) {
    for command in &history.sold.commands {
        if !matches!(command["status"].as_str(), Some("completed" | "failed" | "cancelled")) {
            fail(history, "S4 a command is stuck", command);
        }
    }
}

/// Once closed as completed or cancelled, a command stays so.
fn a_commands_life_goes_forward_only(history: &History) {
    for command in &history.sold.commands {
        let states: Vec<&str> =
            command["history"].as_array().unwrap().iter().filter_map(|entry| entry["status"].as_str()).collect();
        let completed = states.iter().position(|state| *state == "completed");
        if completed.is_some_and(|at| at + 1 < states.len()) {
            fail(history, "something came after completed", command);
        }
        let attempts: Vec<u64> =
            command["history"].as_array().unwrap().iter().filter_map(|entry| entry["attempt"].as_u64()).collect();
        if !attempts.is_sorted() {
            fail(history, "an attempt went back", command);
        }
    }
}

fn some_were_completed(history: &History) {
    let completed = history.sold.commands.iter().filter(|command| command["status"] == "completed").count();
    assert!(
        completed > 0,
        "seed {}: a world in which nothing works proves nothing (proof: {})",
        history.seed,
        history.has_proof
    );
}
