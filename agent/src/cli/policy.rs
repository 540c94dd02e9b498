//! `policy test` and `answer test`. They work while other parts of the config are wrong, and say which part they used.

use super::output::{fail, print, print_json};
use crate::config::{Part, delivery_alone, policy_alone};
use flux_config::ConfigError;
use flux_config::exit_code::ExitCode;
use flux_delivery::CommandLine;
use flux_delivery::answer::Verdict;
use flux_delivery::policy::Ruling;
use flux_protocol::FailReason;
use flux_protocol::template::invisible;
use flux_terminal::note;
use std::path::Path;

/// Prints the ruling on a line. Exit code 0: the line may run; 1: it may not.
pub(super) fn test_line(path: &Path, line: &str, json: bool) -> Result<ExitCode, ExitCode> {
    let policy = of_part(path, "policy", policy_alone(path))?;
    let line = CommandLine::new(line).map_err(|reason| {
        fail(&format!("the agent never sends this line: {}", problem(line, reason)), ExitCode::Failed)
    })?;
    let ruling = policy.judge(&line);
    let allowed = ruling == Ruling::Allowed;
    let (pattern, part) = match &ruling {
        Ruling::Allowed | Ruling::Unreadable { .. } => (None, None),
        Ruling::Denied { pattern, part } => (Some(pattern), Some(part)),
        Ruling::NotAllowed { part, .. } => (None, Some(part)),
    };
    if json {
        print_json(
            &serde_json::json!({"allowed": allowed, "ruling": ruling.to_string(), "pattern": pattern, "part": part}),
        );
    } else {
        print(&ruling);
    }
    Ok(if allowed { ExitCode::Done } else { ExitCode::Failed })
}

/// The reason why a line is never sent, before the policy judges it.
fn problem(line: &str, reason: FailReason) -> String {
    match invisible(line) {
        Some((position, character)) => {
            format!("it has the invisible character U+{:04X} at position {position}", u32::from(character))
        }
        None => reason.to_string(),
    }
}

/// Prints the judgement of an answer. Exit code 0: the command ran; 1: it did not.
pub(super) fn test_answer(path: &Path, text: &str, json: bool) -> Result<ExitCode, ExitCode> {
    let judgement = of_part(path, "delivery", delivery_alone(path))?.patterns.judge(text, None);
    let completed = judgement.verdict == Verdict::Completed;
    if json {
        print_json(&serde_json::json!({"completed": completed, "judgement": judgement.to_string()}));
    } else {
        print(&judgement);
    }
    Ok(if completed { ExitCode::Done } else { ExitCode::Failed })
}

/// The settings of a section. Notes on stderr which part of the file they come from, unless it is the whole file.
fn of_part<T>(path: &Path, section: &str, read: Result<(T, Part), ConfigError>) -> Result<T, ExitCode> {
    let (settings, part) = read.map_err(|error| fail(&error, error.exit_code()))?;
    let (path, check) = (path.display(), "`flux-agent check` names its mistakes");
    match part {
        Part::File => {}
        Part::Section => note(&format!("flux-agent: used only {section} of {path}; {check}")),
        Part::Defaults => {
            note(&format!("flux-agent: used the defaults of {section}, for {path} cannot be read; {check}"))
        }
    }
    Ok(settings)
}
