//! Reduces a line to the commands that it can cause, in one spelling.
//!
//! Everything here takes time in proportion to the line, times [`MAX_NESTED_COMMANDS`] at most.

use crate::limits::MAX_NESTED_COMMANDS;
use flux_protocol::template::is_invisible;
use std::collections::BTreeSet;

/// Commands that run the words behind them, and their longest number of words before the command.
const WRAPPERS: &[(&str, usize)] = &[
    ("sudo", 1),
    ("esudo", 1),
    ("cmi", 0),
    ("console", 0),
    ("asconsole", 0),
    ("ascommand", 0),
    ("consolecommand", 0),
    ("asplayer", 1),
    ("asop", 1),
    ("runas", 1),
    ("forcecmd", 1),
    ("sync", 1),
];

/// Keys of NBT and of text components whose value is a command.
const COMMAND_KEYS: &[&str] = &["command", "run_command"];
/// Key whose value is a command in a click event that runs one.
const CLICK_KEY: &str = "value";

/// Other names of commands that the built-in rules name once.
const ALIASES: &[(&str, &str)] = &[
    ("luckperms", "lp"),
    ("perm", "lp"),
    ("perms", "lp"),
    ("permission", "lp"),
    ("permissions", "lp"),
    ("lpb", "lp"),
    ("lpv", "lp"),
    ("lpbungee", "lp"),
    ("lpvelocity", "lp"),
    ("luckpermsbungee", "lp"),
    ("luckpermsvelocity", "lp"),
    ("permissionsex", "pex"),
    ("upc", "uperms"),
    ("ultrapermissions", "uperms"),
    ("teleport", "tp"),
    ("experience", "xp"),
    ("econ", "eco"),
    ("economy", "eco"),
    ("eeco", "eco"),
    ("placeholderapi", "papi"),
];

/// A command that a line can cause.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its text: one blank between words, the first word in lower case and without slash and namespace.
    pub text: String,
    /// True if the game's own parser runs it (the line, and the text after a `run`); false if a plugin may, or a click.
    pub by_game: bool,
}

impl Part {
    fn new(text: &str, by_game: bool) -> Part {
        Part { text: normalized(text, |word| word.rsplit_once(':').map_or(word, |(_, word)| word)), by_game }
    }
}

/// The line nests more commands than the policy judges.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooNested;

/// The commands that a line can cause; the line itself is the first.
pub(super) fn parts(line: &str) -> Result<Vec<Part>, TooNested> {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = unescaped(&line);
    let mut parts = vec![Part::new(&line, true)];
    nested(&line, &mut parts)?;
    if plain != line {
        parts.push(Part::new(&plain, false));
        nested(&plain, &mut parts)?;
    }
    for command in commands_in_data(&plain) {
        parts.push(Part::new(command, false));
        nested(command, &mut parts)?;
    }
    Ok(parts)
}

/// Adds the commands after each `run` and behind each wrapper.
fn nested(text: &str, parts: &mut Vec<Part>) -> Result<(), TooNested> {
    let mut words = Vec::new();
    let mut start = 0;
    for word in text.split(' ') {
        words.push((start, word));
        start += word.len() + 1;
    }
    let mut open = vec![0];
    let mut by_game = BTreeSet::from([0]);
    for (at, (_, word)) in words.iter().enumerate() {
        if bare(word) == "run" && at + 1 < words.len() {
            open.push(at + 1);
            by_game.insert(at + 1);
        }
    }
    let mut seen = BTreeSet::new();
    while let Some(at) = open.pop() {
        if at >= words.len() || !seen.insert(at) {
            continue;
        }
        let (start, word) = words[at];
        if at > 0 {
            parts.push(Part::new(&text[start..], by_game.contains(&at)));
        }
        if parts.len() > MAX_NESTED_COMMANDS {
            return Err(TooNested);
        }
        let name = bare(word.rsplit_once(':').map_or(word, |(_, name)| name));
        if let Some((_, most)) = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == name) {
            open.extend(at + 1..=at + 1 + most);
        }
    }
    Ok(())
}

/// The word in folded case, without slashes, quotes and brackets around it.
fn bare(word: &str) -> String {
    fold_case(word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_'))
}

/// The commands in NBT, text components and click tags: the values of command keys. The text is without escapes.
fn commands_in_data(text: &str) -> Vec<&str> {
    let folded = text.to_ascii_lowercase();
    let clicks = folded.contains("run_command");
    let keys = COMMAND_KEYS.iter().chain(clicks.then_some(&CLICK_KEY));
    let mut commands = Vec::new();
    for key in keys {
        for (at, found) in folded.match_indices(key) {
            commands.extend(value_at(&text[at + found.len()..]));
        }
    }
    commands
}

/// The value after a key: up to its closing quote, or without quotes up to the next separator.
fn value_at(text: &str) -> Option<&str> {
    let is_blank = |c: char| c.is_whitespace();
    let text = text.trim_start_matches(['"', '\'']).trim_start_matches(is_blank);
    let text = text.strip_prefix([':', '='])?.trim_start_matches(is_blank);
    let (value, ends): (&str, &[char]) = match text.chars().next()? {
        quote @ ('"' | '\'') => (text.trim_start_matches(quote), if quote == '"' { &['"'] } else { &['\''] }),
        _ => (text, &[',', '}', ']', '>', '"', '\'']),
    };
    let end = value.find(ends).unwrap_or(value.len());
    Some(value[..end].trim()).filter(|value| !value.is_empty())
}

/// The text without backslashes: `\"` is a quote, and `\u006f`, `\x6f` and `\U0000006f` are letters, however often they
/// are escaped.
pub(super) fn unescaped(text: &str) -> String {
    // A decoded backslash is read again, so an escape inside an escape is found. Each round shortens the rest.
    let mut rest: Vec<char> = text.chars().rev().collect();
    let mut plain = String::with_capacity(text.len());
    while let Some(c) = rest.pop() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        let digits = match rest.last() {
            Some('u') => 4,
            Some('x') => 2,
            Some('U') => 8,
            _ => continue,
        };
        let hex = rest.iter().rev().skip(1).take(digits).collect::<String>();
        let is_hex = hex.len() == digits && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        if let Some(c) = is_hex.then(|| u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32)).flatten() {
            rest.truncate(rest.len() - 1 - digits);
            rest.push(c);
        }
    }
    plain
}

/// The line in the one spelling that the deny rules compare: folded case, without quotes, backslashes and other names.
pub(super) fn canonical(part: &str) -> String {
    let plain: String =
        fold_case(&unescaped(part)).chars().filter(|c| !matches!(c, '"' | '\'') && !is_invisible(*c)).collect();
    let (first, rest) = plain.split_at(plain.find(' ').unwrap_or(plain.len()));
    match ALIASES.iter().find(|(alias, _)| *alias == first) {
        Some((_, name)) => format!("{name}{rest}"),
        None => plain,
    }
}

/// The text without differences of case, in all scripts: `ſ` is an `s`, and the Kelvin sign a `k`.
pub(super) fn fold_case(text: &str) -> String {
    text.to_uppercase().to_lowercase()
}

/// Removes leading slashes, puts one blank between words, and shortens and lower-cases the first word.
pub(super) fn normalized(part: &str, shorten: impl Fn(&str) -> &str) -> String {
    let part = part.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    let mut words = part.split_whitespace();
    let first = words.next().map(|word| shorten(word).trim_start_matches('/').to_lowercase());
    first.into_iter().chain(words.map(str::to_owned)).collect::<Vec<_>>().join(" ")
}
