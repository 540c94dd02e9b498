//! `queue list`, `show`, `retry` and `drop`.

use super::Daemon;
use super::output::{print, print_json};
use crate::control::{QueueJob, QueueList, QueueShow, Request};
use crate::limits::{ORDER_COLUMNS, SHORT_ID_CHARS};
use flux_config::exit_code::ExitCode;
use flux_delivery::PLAYER_NAME_CHARS;
use flux_delivery::marker::unmarked;
use flux_platform::{Clock, SystemClock};
use flux_protocol::CommandId;
use flux_terminal::{LocalTime, escape, fit_to_width, labelled, short_duration, short_ids, table, terminal_width};
use jiff::Timestamp;
use std::path::Path;

pub(super) fn list(path: &Path, request: Request, json: bool) -> Result<ExitCode, ExitCode> {
    let list: QueueList = Daemon::of(path).request(&request)?;
    if json {
        return Ok(print_json(&list));
    }
    if list.jobs.is_empty() {
        print("no matching jobs");
        return Ok(ExitCode::Done);
    }
    let (now, width) = (SystemClock.now(), terminal_width());
    let whole: Vec<&str> = list.jobs.iter().map(|job| job.id.as_str()).collect();
    // A pipe gets whole ids, as it gets whole lines.
    let ids = if width.is_some() { short_ids(&whole, SHORT_ID_CHARS) } else { whole };
    let rows: Vec<_> = list.jobs.iter().zip(ids).map(|(job, id)| row(job, id, now)).collect();
    print(table(["ID", "AGE", "ORDER", "PLAYER", "STATE", "REASON", "COMMAND"], &rows, width));
    if list.more {
        print("more jobs are not shown; narrow the list with --state, --order or --player");
    }
    Ok(ExitCode::Done)
}

fn row(job: &QueueJob, id: &str, now: Timestamp) -> [String; 7] {
    let age = short_duration(now.duration_since(job.received_at));
    [
        id.to_owned(),
        age.split(' ').next().unwrap_or_default().to_owned(),
        fit_to_width(job.order_id.as_deref().unwrap_or("-"), ORDER_COLUMNS),
        fit_to_width(job.player.as_deref().unwrap_or("-"), PLAYER_NAME_CHARS),
        job.state.clone(),
        job.reason.clone().unwrap_or_else(|| "-".to_owned()),
        job.command.clone().unwrap_or_default(),
    ]
}

pub(super) fn show(path: &Path, id: CommandId, json: bool) -> Result<ExitCode, ExitCode> {
    let show: QueueShow = Daemon::of(path).request(&Request::QueueShow { id })?;
    if json {
        return Ok(print_json(&show));
    }
    let (job, width, local) = (&show.job, terminal_width(), LocalTime::of_this_machine());
    let mut facts = vec![
        ("command", job.id.clone()),
        ("state", job.reason.as_ref().map_or_else(|| job.state.clone(), |reason| format!("{} ({reason})", job.state))),
        ("attempt", job.attempt.to_string()),
        (
            "store",
            if show.acknowledged { "has acknowledged this state" } else { "has not acknowledged this state yet" }
                .to_owned(),
        ),
    ];
    let mut fact = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
    fact("order", job.order_id.clone());
    fact("player", job.player.clone());
    fact("needs", needs(&show));
    fact("expires", show.expires_at.map(|at| local.seconds(at)));
    fact("runs", job.command.clone());
    fact("sent as", show.sent_line.clone());
    fact("waits for", show.obstacle.clone());
    fact("answer", show.output.clone());
    fact("judged by", show.judged_by.clone());
    for (name, value) in facts {
        print(labelled(name, 10, &escape(&value), width));
    }
    let event = |event: &crate::control::QueueEvent| {
        let detail = event.detail.as_deref().map(unmarked).unwrap_or_default().to_owned();
        [local.milliseconds(event.at), event.attempt.to_string(), event.event.clone(), detail]
    };
    let rows: Vec<_> = show.history.iter().map(event).collect();
    print(format!("\n{}", table(["TIME", "ATTEMPT", "EVENT", "DETAIL"], &rows, width)));
    Ok(ExitCode::Done)
}

fn needs(show: &QueueShow) -> Option<String> {
    let mut needs = Vec::new();
    if show.require_online {
        needs.push("the player online".to_owned());
    }
    needs.extend(show.required_slots.map(|slots| format!("{slots} free slots")));
    needs.extend(show.delay_seconds.map(|seconds| format!("{seconds} s since receipt")));
    (!needs.is_empty()).then(|| needs.join(", "))
}

pub(super) fn settle(path: &Path, request: Request) -> Result<ExitCode, ExitCode> {
    let answer: String = Daemon::of(path).request(&request)?;
    print(escape(&answer));
    Ok(ExitCode::Done)
}
