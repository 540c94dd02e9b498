use super::load;
use super::output::{fail, print, print_json};
use flux_config::exit_code::ExitCode;
use flux_delivery::CommandLine;
use flux_delivery::answer::Verdict;
use flux_delivery::policy::Ruling;
use std::path::Path;

/// Prints the ruling on a line. Exit code 0: the line may run; 1: it may not.
pub(super) fn test_line(path: &Path, line: &str, json: bool) -> Result<ExitCode, ExitCode> {
    let config = load(path)?;
    let line = CommandLine::new(line)
        .map_err(|reason| fail(&format!("the agent never sends this line: {reason}"), ExitCode::Failed))?;
    let ruling = config.policy.judge(&line);
    let allowed = ruling == Ruling::Allowed;
    if json {
        print_json(&serde_json::json!({"allowed": allowed, "ruling": ruling.to_string()}));
    } else {
        print(&ruling);
    }
    Ok(if allowed { ExitCode::Done } else { ExitCode::Failed })
}

/// Prints the judgement of an answer. Exit code 0: the command ran; 1: it did not.
pub(super) fn test_answer(path: &Path, text: &str, json: bool) -> Result<ExitCode, ExitCode> {
    let judgement = load(path)?.delivery.patterns.judge(text, None);
    let completed = judgement.verdict == Verdict::Completed;
    if json {
        print_json(&serde_json::json!({"completed": completed, "judgement": judgement.to_string()}));
    } else {
        print(&judgement);
    }
    Ok(if completed { ExitCode::Done } else { ExitCode::Failed })
}
