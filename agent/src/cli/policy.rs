use super::load;
use super::say::{complain, say};
use crate::exit::Exit;
use flux_delivery::CommandLine;
use flux_delivery::answer::Verdict;
use flux_delivery::policy::Ruling;
use std::path::Path;

/// Ends with 0 when the line may run, with 1 when not.
pub(super) fn test_line(path: &Path, line: &str) -> Result<Exit, Exit> {
    let config = load(path)?;
    let line = CommandLine::new(line)
        .map_err(|reason| complain(&format!("this line is never sent: {reason}"), Exit::Failed))?;
    let ruling = config.policy.judge(&line);
    say(&ruling);
    Ok(if ruling == Ruling::Allowed { Exit::Done } else { Exit::Failed })
}

/// Ends with 0 when the answer means that the command ran, with 1 when not.
pub(super) fn test_answer(path: &Path, text: &str) -> Result<Exit, Exit> {
    let judgement = load(path)?.delivery.patterns.judge(text, None);
    say(&judgement);
    Ok(if judgement.verdict == Verdict::Completed { Exit::Done } else { Exit::Failed })
}
