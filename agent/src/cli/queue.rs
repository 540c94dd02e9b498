use super::say::{say, say_json};
use super::table::{cut, table};
use super::{asked, load};
use crate::control::{QueueJob, QueueList, QueueShow, Request, short};
use crate::exit::Exit;
use crate::limits::TABLE_COLUMNS;
use flux_platform::{Clock, SystemClock};
use flux_protocol::CommandId;
use jiff::Timestamp;
use std::path::Path;

pub(super) fn list(path: &Path, state: Option<String>, player: Option<String>, json: bool) -> Result<Exit, Exit> {
    let list: QueueList = asked(&load(path)?, &Request::QueueList { state, player })?;
    if json {
        return Ok(say_json(&list));
    }
    if list.jobs.is_empty() {
        say("no such jobs");
        return Ok(Exit::Done);
    }
    let now = SystemClock.now();
    let rows: Vec<_> = list.jobs.iter().map(|job| row(job, now)).collect();
    say(table(["ID", "AGE", "PLAYER", "STATE", "COMMAND"], &rows));
    if list.more {
        say("and more; narrow it with --state or --player");
    }
    Ok(Exit::Done)
}

fn row(job: &QueueJob, now: Timestamp) -> [String; 5] {
    let age = short(now.duration_since(job.received_at));
    [
        job.id.clone(),
        age.split(' ').next().unwrap_or_default().to_owned(),
        cut(job.player.as_deref().unwrap_or("-"), PLAYER_COLUMNS),
        job.reason.clone().unwrap_or_else(|| job.state.clone()),
        job.command.clone().unwrap_or_default(),
    ]
}

/// A Minecraft name; longer ones do not run.
const PLAYER_COLUMNS: usize = 16;

pub(super) fn show(path: &Path, id: CommandId, json: bool) -> Result<Exit, Exit> {
    let show: QueueShow = asked(&load(path)?, &Request::QueueShow { id })?;
    if json {
        return Ok(say_json(&show));
    }
    let job = &show.job;
    let mut facts = vec![
        ("command", job.id.clone()),
        ("state", job.reason.as_ref().map_or_else(|| job.state.clone(), |reason| format!("{} ({reason})", job.state))),
        ("attempt", job.attempt.to_string()),
        ("store", if show.acknowledged { "knows this state" } else { "does not know this state yet" }.to_owned()),
    ];
    let mut fact = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
    fact("order", show.order_id.clone());
    fact("player", job.player.clone());
    fact("needs", needs(&show));
    fact("expires", show.expires_at.map(|at| format!("{at:.0}")));
    fact("line", job.command.clone());
    fact("answer", show.output.clone());
    fact("judged by", show.judged_by.clone());
    for (name, value) in facts {
        say(format!("{name:<10} {}", cut(&value, TABLE_COLUMNS - 11)));
    }
    let event = |event: &crate::control::QueueEvent| {
        let detail = event.detail.clone().unwrap_or_default();
        [format!("{:.3}", event.at), event.attempt.to_string(), event.event.clone(), detail]
    };
    let rows: Vec<_> = show.history.iter().map(event).collect();
    say(format!("\n{}", table(["TIME (UTC)", "TRY", "WHAT", "DETAIL"], &rows)));
    Ok(Exit::Done)
}

fn needs(show: &QueueShow) -> Option<String> {
    let mut needs = Vec::new();
    if show.require_online {
        needs.push("the player online".to_owned());
    }
    needs.extend(show.required_slots.map(|slots| format!("{slots} free slots")));
    needs.extend(show.delay_seconds.map(|seconds| format!("{seconds} s since it was received")));
    (!needs.is_empty()).then(|| needs.join(", "))
}

pub(super) fn settle(path: &Path, request: Request) -> Result<Exit, Exit> {
    let told: String = asked(&load(path)?, &request)?;
    say(told);
    Ok(Exit::Done)
}
