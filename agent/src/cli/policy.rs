use super::load;
use super::output::{fail, print};
use flux_config::exit_code::ExitCode;
use flux_delivery::CommandLine;
use flux_delivery::answer::Verdict;
use flux_delivery::policy::Ruling;
use std::path::Path;

/// Ends with 0 when the line may run, with 1 when not.
pub(super) fn test_line(path: &Path, line: &str) -> Result<ExitCode, ExitCode> {
    let config = load(path)?;
    let line = CommandLine::new(line)
        .map_err(|reason| fail(&format!("this line is never sent: {reason}"), ExitCode::Failed))?;
    let ruling = config.policy.judge(&line);
    print(&ruling);
    Ok(if ruling == Ruling::Allowed { ExitCode::Done } else { ExitCode::Failed })
}

/// Ends with 0 when the answer means that the command ran, with 1 when not.
pub(super) fn test_answer(path: &Path, text: &str) -> Result<ExitCode, ExitCode> {
    let judgement = load(path)?.delivery.patterns.judge(text, None);
    print(&judgement);
    Ok(if judgement.verdict == Verdict::Completed { ExitCode::Done } else { ExitCode::Failed })
}
