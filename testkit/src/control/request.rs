//! Parses a line of the control port and performs it on the game.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Error;
use crate::game::{Fault, Game, Restart};

/// Performs the request of a line.
pub(super) async fn answer(game: &Game, line: &str) -> Value {
    perform(game, line).await.unwrap_or_else(|error| json!({ "error": error.to_string() }))
}

async fn perform(game: &Game, line: &str) -> Result<Value, Error> {
    let (verb, rest) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
    match verb {
        "until" => {
            let total: u64 = rest.parse().map_err(|_| Error::Refused(format!("{rest:?} is no number of lines")))?;
            game.until(|world| world.effects_total() >= total).await;
            return Ok(json!(total));
        }
        "join" => game.join(rest)?,
        "leave" => game.leave(rest)?,
        "die" => game.die(rest)?,
        "respawn" => game.respawn(rest)?,
        "clear" => game.clear(rest)?,
        "fault" => plan_fault(game, rest)?,
        "chat" => {
            let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
            game.chat(name, text)?;
        }
        "log" => game.log_line(rest)?,
        "rotate" => game.rotate_log()?,
        "save" => game.save()?,
        "restart" => game.restart(restart(rest)?)?,
        "online" => return Ok(json!(game.online())),
        "inventory" => return Ok(json!(game.inventory(rest))),
        "total" => return Ok(json!(game.world(|world| world.effects_total()))),
        "received" => return Ok(json!(game.world(|world| world.lines_total()))),
        "lines" => return Ok(json!(game.lines())),
        "ticks" => return Ok(json!(game.ticks())),
        "effects" => {
            return Ok(json!({ "total": game.world(|world| world.effects_total()), "effects": game.effects() }));
        }
        _ => return Err(Error::Refused(format!("{verb:?} is nothing the control port knows"))),
    }
    Ok(json!({ "ok": true }))
}

fn restart(word: &str) -> Result<Restart, Error> {
    match word {
        "" => Ok(Restart::Clean),
        "rollback" => Ok(Restart::RolledBack),
        "rollback-marks" => Ok(Restart::MarksRolledBack),
        _ => Err(Error::Refused(format!("{word:?} is no restart; rollback and rollback-marks are, and nothing"))),
    }
}

fn plan_fault(game: &Game, words: &str) -> Result<(), Error> {
    let mut words = words.splitn(3, ' ');
    let kind = words.next().unwrap_or_default();
    let fault = match kind.split_once('=') {
        None if kind == "lose-reply" => Some(Fault::LoseReplyAfterRunning),
        None if kind == "close" => Some(Fault::CloseBeforeRunning),
        None if kind == "garbage" => Some(Fault::Garbage),
        Some(("delay", milliseconds)) => {
            milliseconds.parse().ok().map(|value| Fault::Delay(Duration::from_millis(value)))
        }
        _ => None,
    };
    let fault = fault.ok_or_else(|| {
        Error::Refused(format!("{kind:?} is no fault; lose-reply, close, garbage and delay=MILLISECONDS are"))
    })?;
    let times = words.next().unwrap_or("1");
    let times = times.parse().map_err(|_| Error::Refused(format!("{times:?} is no number of times")))?;
    game.faults().on(words.next().unwrap_or_default(), times, fault);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::Settings;

    #[tokio::test]
    async fn every_verb_answers_with_one_line_of_json() {
        let game = Game::new(Settings::new("secret")).unwrap();
        for (line, expected) in [
            ("join Steve", r#"{"ok":true}"#),
            ("online", r#"["Steve"]"#),
            ("inventory Steve", "{}"),
            ("die Steve", r#"{"ok":true}"#),
            ("respawn Steve", r#"{"ok":true}"#),
            ("clear Steve", r#"{"ok":true}"#),
            ("effects", r#"{"effects":[],"total":0}"#),
            ("lines", "[]"),
            ("total", "0"),
            ("until 0", "0"),
            ("until soon", r#"{"error":"\"soon\" is no number of lines"}"#),
            ("received", "0"),
            ("leave Steve", r#"{"ok":true}"#),
            ("leave Steve", r#"{"error":"Steve is not online"}"#),
            ("chat Steve hello all", r#"{"ok":true}"#),
            ("log Steve joined the game", r#"{"ok":true}"#),
            ("rotate", r#"{"ok":true}"#),
            ("save", r#"{"ok":true}"#),
            ("restart rollback", r#"{"ok":true}"#),
            ("restart soon", r#"{"error":"\"soon\" is no restart; rollback and rollback-marks are, and nothing"}"#),
            ("fault lose-reply", r#"{"ok":true}"#),
            ("fault delay=250 2 give Steve", r#"{"ok":true}"#),
            (
                "fault delay=x",
                r#"{"error":"\"delay=x\" is no fault; lose-reply, close, garbage and delay=MILLISECONDS are"}"#,
            ),
            ("dance", r#"{"error":"\"dance\" is nothing the control port knows"}"#),
        ] {
            assert_eq!(answer(&game, line).await.to_string(), expected, "{line}");
        }
        assert!(answer(&game, "ticks").await.is_u64());
        assert_eq!(game.faults().pending(), 3);
    }
}
