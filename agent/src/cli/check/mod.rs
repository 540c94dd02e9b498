//! `check`: tests the configuration and, with `--online`, everything that it refers to.

mod game;
mod local;
mod store;

use super::output::{fail, print, print_json};
use super::{Daemon, block_on, load};
use crate::config::RiskySetting;
use crate::journal::Journal;
use flux_config::SecretReport;
use flux_config::exit_code::ExitCode;
use flux_terminal::{Tone, escape, labelled, paint, terminal_width};
use serde::Serialize;
use std::path::Path;

/// The result of one check, with advice if it failed.
#[derive(Debug, Serialize)]
struct Check {
    what: &'static str,
    ok: bool,
    /// Nothing fails, but an admin should look at it.
    warning: bool,
    text: String,
    #[serde(skip)]
    exit: ExitCode,
}

impl Check {
    fn of(what: &'static str, exit: ExitCode, outcome: Result<String, String>) -> Check {
        let (ok, text) = match outcome {
            Ok(text) => (true, text),
            Err(text) => (false, text),
        };
        Check { what, ok, warning: false, text, exit }
    }

    fn warning(what: &'static str, text: String) -> Check {
        Check { what, ok: true, warning: true, text, exit: ExitCode::Done }
    }

    fn word(&self) -> String {
        match self {
            Check { ok: false, .. } => paint(Tone::Bad, "FAILED"),
            Check { warning: true, .. } => paint(Tone::Warning, "warn  "),
            _ => paint(Tone::Good, "ok    "),
        }
    }
}

pub(super) fn run(path: &Path, online: bool, json: bool) -> Result<ExitCode, ExitCode> {
    let config = load(path)?;
    let mut checks = vec![Check::of("config", ExitCode::Config, Ok(path.display().to_string()))];
    checks.extend(config.secrets.iter().map(secret));
    checks.extend(config.risks().into_iter().map(|risk| Check::warning(name_of(risk.setting), risk.text)));
    checks.extend(state_exposure(&config.state_dir));
    if online {
        checks.extend(local::checks(&config, &Daemon::of(path)));
        checks.extend(
            config
                .presence
                .log_file
                .as_deref()
                .map(|path| Check::of("game log", ExitCode::Failed, local::game_log(path))),
        );
        checks.extend(block_on(game::checks(&config))?);
        checks.extend(block_on(store::checks(&config))?);
    }
    // The first failed check decides the exit code.
    let exit = checks.iter().find(|check| !check.ok).map_or(ExitCode::Done, |check| check.exit);
    if json {
        print_json(&checks);
        return Ok(exit);
    }
    for check in &checks {
        // The label and the result take 17 columns; the text hangs below itself.
        let label = format!("{:<10} {}", check.what, check.word());
        let text = labelled("", LABEL_COLUMNS, escape(&check.text).trim(), terminal_width());
        print(format!("{label} {}", text.trim_start()));
    }
    if exit != ExitCode::Done {
        fail(&"some checks failed", exit);
    } else if online {
        print(next_step(&checks));
    }
    Ok(exit)
}

/// Columns of a check's name and result.
const LABEL_COLUMNS: usize = 17;

fn secret(report: &SecretReport) -> Check {
    let text = report.to_string();
    if report.is_suspicious() {
        Check::warning("secret", text)
    } else {
        Check::of("secret", ExitCode::Config, Ok(text))
    }
}

fn name_of(setting: RiskySetting) -> &'static str {
    match setting {
        RiskySetting::StoreUrl => "store.url",
        RiskySetting::RconAddress => "rcon",
        RiskySetting::MetricsListen => "metrics",
    }
}

/// The finding about a state directory that others may write or read.
fn state_exposure(state_dir: &Path) -> Option<Check> {
    match Journal::exposure(state_dir) {
        Ok(None) => None,
        Ok(Some(exposure)) => Some(Check::warning("state_dir", format!("{} {exposure}", state_dir.display()))),
        Err(error) => Some(Check::of("state_dir", super::run::exit_of(&error), Err(error.to_string()))),
    }
}

fn next_step(checks: &[Check]) -> &'static str {
    let is_running = checks.iter().any(|check| check.what == "daemon" && check.text.starts_with("running"));
    if is_running {
        "All is well. Next: flux-agent status shows what the daemon does"
    } else {
        "All is well. Next: systemctl enable --now flux-agent (or flux-agent run), then flux-agent status"
    }
}
