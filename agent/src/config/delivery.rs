use flux_config::Section;
use flux_delivery::answer::AnswerPatterns;
use flux_delivery::job::OnUncertain;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `delivery`: how commands are run and judged.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// `proof`.
    pub proof: ProofMode,
    /// `on_uncertain`.
    pub on_uncertain: OnUncertain,
    /// `keep_history`.
    pub keep_history: Duration,
    /// `failure_patterns` and `success_patterns`.
    pub patterns: AnswerPatterns,
}

/// True if lines leave a mark in the game.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofMode {
    /// Where a probe at connect succeeds.
    Auto,
    /// The same; a game that cannot is worth a warning.
    Storage,
    /// Never.
    None,
}

pub(super) fn read(mut section: Section<'_>) -> Delivery {
    let proof = section.choice(
        "proof",
        &[("auto", ProofMode::Auto), ("storage", ProofMode::Storage), ("none", ProofMode::None)],
        ProofMode::Auto,
    );
    let on_uncertain = section.choice(
        "on_uncertain",
        &[("hold", OnUncertain::Hold), ("retry", OnUncertain::Retry)],
        OnUncertain::Hold,
    );
    let keep_history = section.duration("keep_history", DAY..=3650 * DAY, 30 * DAY);
    let patterns = patterns(&mut section);
    section.finish();
    Delivery { proof, on_uncertain, keep_history, patterns }
}

fn patterns(section: &mut Section<'_>) -> AnswerPatterns {
    let mut checked = |key: &'static str| {
        let mut good = Vec::new();
        for text in section.strings(key, &[]) {
            match AnswerPatterns::new(std::slice::from_ref(&text.value), &[]) {
                Ok(_) => good.push(text.value),
                Err(_) => {
                    section.report_at(&text, "is not a regular expression; a pattern is one, such as ^Not enough")
                }
            }
        }
        good
    };
    let (failure, success) = (checked("failure_patterns"), checked("success_patterns"));
    // Each compiles; together they are too large only in the hundreds, and then the first mistake says so.
    match AnswerPatterns::new(&failure, &success) {
        Ok(patterns) => patterns,
        Err(_) => {
            section.report("failure_patterns", "together the patterns are too large; use fewer or shorter ones");
            AnswerPatterns::default()
        }
    }
}
