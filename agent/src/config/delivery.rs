//! The section `delivery`: proof of delivery, uncertain commands, history, and answer patterns.

use flux_config::Section;
use flux_delivery::answer::{AdminPatterns, AnswerPatterns};
use flux_delivery::job::OnUncertain;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `delivery`: proof of delivery and judgement of answers.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// `proof`.
    pub proof: ProofMode,
    /// `on_uncertain`.
    pub on_uncertain: OnUncertain,
    /// `keep_history`.
    pub keep_history: Duration,
    /// `failure_patterns`, `away_patterns` and `success_patterns`.
    pub patterns: AnswerPatterns,
}

/// Use of execution markers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofMode {
    /// Markers, if the game passes a probe at connect.
    Auto,
    /// As `Auto`, with a warning if the game fails the probe.
    Storage,
    /// No markers.
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
            let alone = AdminPatterns { failure: std::slice::from_ref(&text.value), ..AdminPatterns::default() };
            match AnswerPatterns::new(alone) {
                Ok(_) => good.push(text.value),
                Err(_) => section.report_at(
                    &text,
                    "is not a regular expression; a pattern is a regular expression such as ^Not enough",
                ),
            }
        }
        good
    };
    let (failure, away, success) = (checked("failure_patterns"), checked("away_patterns"), checked("success_patterns"));
    // Each pattern compiles alone. Together, only hundreds of them are too large.
    match AnswerPatterns::new(AdminPatterns { failure: &failure, away: &away, success: &success }) {
        Ok(patterns) => patterns,
        Err(_) => {
            section.report("failure_patterns", "together the patterns are too large; use fewer or shorter ones");
            AnswerPatterns::default()
        }
    }
}
