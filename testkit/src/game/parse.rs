//! Parses command lines as the game does. `run.rs` executes them.

use super::command::{Action, Command, Experience, INCORRECT_ARGUMENT, SyntaxError, Target, UNKNOWN_COMMAND};
use super::dialect::Dialect;
use super::items;
use super::limits::NAME_CHARACTERS;
use super::reader::Reader;

/// Parses a line without its leading slash.
pub(super) fn parse(line: &str, dialect: Dialect) -> Result<Command, SyntaxError> {
    command(&mut Reader::new(line), dialect, false)
}

/// Parses a command up to the end of the line. After `execute … run`, an unknown command is a wrong argument of `execute`.
fn command(reader: &mut Reader<'_>, dialect: Dialect, behind_run: bool) -> Result<Command, SyntaxError> {
    let start = reader.cursor();
    let text = reader.rest().to_owned();
    let word = reader.take(|character| character != ' ');
    let action = match word {
        "list" | "eco" | "kit" | "lp" if dialect.reaches_plugins(behind_run) => plugin(word, reader)?,
        _ => match dialect.vanilla_name(word) {
            Some("list") => list(reader, dialect)?,
            Some("say") => say(reader)?,
            Some("give") => give(reader)?,
            Some("experience" | "xp") => experience(reader)?,
            Some("tag") => tag(reader)?,
            Some("op") => op(reader)?,
            Some("execute") => execute(reader, dialect)?,
            Some("data") => data(reader)?,
            Some("time") => time(reader)?,
            Some("seed") => Action::Seed,
            Some("stop") => Action::Stop,
            _ => return Err(reader.error_at(start, if behind_run { INCORRECT_ARGUMENT } else { UNKNOWN_COMMAND })),
        },
    };
    reader.end()?;
    Ok(Command { text, action })
}

/// A plugin gets its words unparsed. A real plugin reports its own errors; here they are wrong arguments.
fn plugin(word: &str, reader: &mut Reader<'_>) -> Result<Action, SyntaxError> {
    match word {
        "eco" => {
            reader.literal(&["give"])?;
            Ok(Action::GiveMoney { player: reader.word()?.to_owned(), amount: reader.integer(1)?.into() })
        }
        "kit" => Ok(Action::GiveKit { kit: reader.word()?.to_owned(), player: reader.word()?.to_owned() }),
        "lp" => {
            reader.literal(&["user"])?;
            let player = reader.word()?.to_owned();
            reader.literal(&["parent"])?;
            reader.literal(&["add"])?;
            Ok(Action::AddGroup { player, group: reader.word()?.to_owned() })
        }
        _ => {
            reader.take_rest();
            Ok(Action::ListByGroup)
        }
    }
}

fn list(reader: &mut Reader<'_>, dialect: Dialect) -> Result<Action, SyntaxError> {
    let uuids = !reader.is_at_end();
    match dialect.flavour.entry("list-uuids") {
        Some("ignored") => {
            reader.take_rest();
            return Ok(Action::List { uuids: false });
        }
        Some("no") if uuids => return Err(reader.error(INCORRECT_ARGUMENT)),
        _ => {}
    }
    if uuids {
        reader.literal(&["uuids"])?;
    }
    Ok(Action::List { uuids })
}

fn say(reader: &mut Reader<'_>) -> Result<Action, SyntaxError> {
    reader.argument()?;
    reader.take_rest();
    Ok(Action::Say)
}

fn give(reader: &mut Reader<'_>) -> Result<Action, SyntaxError> {
    let to = target(reader)?;
    let item = item(reader)?;
    let count = if reader.is_at_end() { 1 } else { reader.integer(1)?.unsigned_abs() };
    Ok(Action::Give { to, item, count })
}

fn experience(reader: &mut Reader<'_>) -> Result<Action, SyntaxError> {
    reader.literal(&["add"])?;
    let to = target(reader)?;
    let amount = reader.integer(i32::MIN)?;
    let levels = !reader.is_at_end() && reader.literal(&["points", "levels"])? == "levels";
    Ok(Action::AddExperience { to, amount, unit: if levels { Experience::Levels } else { Experience::Points } })
}

fn tag(reader: &mut Reader<'_>) -> Result<Action, SyntaxError> {
    let to = target(reader)?;
    reader.literal(&["add"])?;
    Ok(Action::AddTag { to, tag: reader.word()?.to_owned() })
}

fn op(reader: &mut Reader<'_>) -> Result<Action, SyntaxError> {
    Ok(Action::Op { player: reader.word()?.to_owned() })
}

fn execute(reader: &mut Reader<'_>, dialect: Dialect) -> Result<Action, SyntaxError> {
    if reader.literal(&["if", "store"])? == "if" {
        reader.literal(&["entity"])?;
        return target(reader).map(Action::TestEntity);
    }
    reader.literal(&["success"])?;
    reader.literal(&["storage"])?;
    let (storage, key) = (storage(reader)?, key(reader)?);
    reader.literal(&["byte"])?;
    let scale = scale(reader)?;
    reader.literal(&["run"])?;
    reader.argument()?;
    Ok(Action::StoreSuccess { storage, key, scale, run: Box::new(command(reader, dialect, true)?) })
}

fn data(reader: &mut Reader<'_>) -> Result<Action, SyntaxError> {
    if reader.literal(&["get", "remove"])? == "remove" {
        reader.literal(&["storage"])?;
        return Ok(Action::RemoveStored { storage: storage(reader)?, key: key(reader)? });
    }
    if reader.literal(&["entity", "storage"])? == "entity" {
        let of = target(reader)?;
        if matches!(of, Target::Everybody { .. }) {
            return Err(
                reader.error_at(0, "Only one entity is allowed, but the provided selector allows more than one")
            );
        }
        reader.literal(&["Inventory"])?;
        return Ok(Action::GetInventory(of));
    }
    let storage = storage(reader)?;
    let key = if reader.is_at_end() { None } else { Some(key(reader)?) };
    Ok(Action::GetStored { storage, key })
}

fn time(reader: &mut Reader<'_>) -> Result<Action, SyntaxError> {
    reader.literal(&["query"])?;
    reader.literal(&["gametime"])?;
    Ok(Action::QueryGametime)
}

fn target(reader: &mut Reader<'_>) -> Result<Target, SyntaxError> {
    reader.argument()?;
    let start = reader.cursor();
    if reader.accept('@') {
        return selector(reader, start);
    }
    let name = reader.string()?;
    if is_uuid(&name) {
        Ok(Target::Uuid(name.to_lowercase()))
    } else if (1..=NAME_CHARACTERS).contains(&name.chars().count()) {
        Ok(Target::Named(name))
    } else {
        Err(reader.error_at(start, "Invalid name or UUID"))
    }
}

fn is_uuid(text: &str) -> bool {
    let groups =
        text.split('-').map(|group| if group.bytes().all(|byte| byte.is_ascii_hexdigit()) { group.len() } else { 0 });
    groups.eq([8, 4, 4, 4, 12])
}

/// After `@` and a letter, `[type=player,name=…]` may follow.
fn selector(reader: &mut Reader<'_>, start: usize) -> Result<Target, SyntaxError> {
    let kind = reader.take(|character| character.is_ascii_alphanumeric());
    let living = match kind {
        "a" | "p" | "r" => false,
        "e" => true,
        _ => return Err(reader.error_at(start, format!("Unknown selector type '@{kind}'"))),
    };
    let mut name = None;
    let mut more = reader.accept('[') && !reader.accept(']');
    while more {
        let start = reader.cursor();
        let option = reader.take(|character| character.is_ascii_lowercase());
        match (option, reader.accept('=')) {
            ("name", true) => name = Some(reader.string()?),
            ("type", true) => entity_type(reader)?,
            _ => return Err(reader.error_at(start, format!("Unknown option '{option}'"))),
        }
        more = reader.accept(',');
        if !more && !reader.accept(']') {
            return Err(reader.error("Expected end of options"));
        }
    }
    Ok(Target::Everybody { living, name })
}

/// Players are the only entities here.
fn entity_type(reader: &mut Reader<'_>) -> Result<(), SyntaxError> {
    let start = reader.cursor();
    let kind = reader.take(|character| character.is_ascii_lowercase() || "_:".contains(character));
    match kind.strip_prefix("minecraft:").unwrap_or(kind) {
        "player" => Ok(()),
        _ => Err(reader.error_at(start, format!("Invalid or unknown entity type '{kind}'"))),
    }
}

fn item(reader: &mut Reader<'_>) -> Result<&'static str, SyntaxError> {
    let word = reader.word()?;
    let (namespace, id) = word.split_once(':').unwrap_or(("minecraft", word));
    items::find(id)
        .filter(|_| namespace == "minecraft")
        .ok_or_else(|| reader.error_at(reader.cursor() - word.len(), format!("Unknown item '{namespace}:{id}'")))
}

/// A storage's id, with its namespace.
fn storage(reader: &mut Reader<'_>) -> Result<String, SyntaxError> {
    let word = reader.word()?;
    let (namespace, path) = word.split_once(':').unwrap_or(("minecraft", word));
    let fits = |text: &str, more: &str| {
        text.chars()
            .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || more.contains(character))
    };
    if fits(namespace, "_.-") && fits(path, "_.-/") {
        Ok(format!("{namespace}:{path}"))
    } else {
        Err(reader.error_at(reader.cursor() - word.len(), "Invalid ID"))
    }
}

/// A path of one unquoted key.
fn key(reader: &mut Reader<'_>) -> Result<String, SyntaxError> {
    let word = reader.word()?;
    if word.contains(['"', '\'', '[', ']', '.', '{', '}']) {
        return Err(reader.error_at(reader.cursor() - word.len(), "Invalid NBT path element"));
    }
    Ok(word.to_owned())
}

fn scale(reader: &mut Reader<'_>) -> Result<f64, SyntaxError> {
    let word = reader.word()?;
    word.parse().map_err(|_| reader.error_at(reader.cursor() - word.len(), "Expected double"))
}
