//! The grammar of command templates: placeholders, what a template must not contain, and what is only suspicious.

use crate::limits::TEMPLATE_BYTES;

/// The placeholders of the player, which the agent fills in. `<player>` is `{player}` in another form.
pub const PLAYER_PLACEHOLDERS: [&str; 4] = ["player", "username", "uuid", "id"];

/// The reason that a template can never work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// Nothing is left without blanks and slashes.
    #[error("is empty: write a command such as `give {{player}} diamond 1`")]
    Empty,
    /// It is too long.
    #[error("is longer than {TEMPLATE_BYTES} bytes")]
    TooLong,
    /// It has a line break or another character that nobody sees.
    #[error("has the invisible character U+{:04X} at position {position}: remove it, or type the command anew", *.character as u32)]
    Invisible {
        /// The character.
        character: char,
        /// Its position, counted in characters from 1.
        position: usize,
    },
    /// Nothing fills in this placeholder.
    #[error("has the placeholder {{{name}}}, which nothing fills in; there are {}", listed(.known))]
    Placeholder {
        /// Its name.
        name: String,
        /// The placeholders that exist here besides those of the player.
        known: &'static [&'static str],
    },
}

/// Checks a template, and returns it without blanks of any kind at its ends. `known` are the placeholders that exist besides
/// those of the player.
///
/// # Errors
///
/// A [`TemplateFault`], whose text follows the name of the field.
pub fn check_template<'a>(text: &'a str, known: &'static [&'static str]) -> Result<&'a str, TemplateFault> {
    let text = text.trim();
    if let Some((position, character)) = invisible(text) {
        return Err(TemplateFault::Invisible { character, position });
    }
    if text.trim_start_matches(|c: char| c == '/' || c.is_whitespace()).is_empty() {
        return Err(TemplateFault::Empty);
    }
    if text.len() > TEMPLATE_BYTES {
        return Err(TemplateFault::TooLong);
    }
    match placeholders(text).find(|name| !PLAYER_PLACEHOLDERS.contains(name) && !known.contains(name)) {
        Some(name) => Err(TemplateFault::Placeholder { name: name.to_owned(), known }),
        None => Ok(text),
    }
}

/// The names of a template's placeholders.
pub fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(['{', '<']).filter_map(|(at, _)| Some(placeholder(&text[at..])?.0))
}

/// The name of the placeholder at the start of `text`, and the placeholder's length in bytes. It is `<player>`, or
/// `{` + `[a-z]+` + `}`; any other brace is text, so JSON needs no escaping.
#[must_use]
pub fn placeholder(text: &str) -> Option<(&str, usize)> {
    if text.starts_with("<player>") {
        return Some(("player", "<player>".len()));
    }
    let name = text.strip_prefix('{')?.split_once('}')?.0;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
    is_name.then_some((name, name.len() + 2))
}

/// The first character that nobody sees, with its position counted from 1. Joiners and variation selectors are part of what
/// they follow in emoji and in some scripts; after ASCII they only hide something.
#[must_use]
pub fn invisible(text: &str) -> Option<(usize, char)> {
    let mut before = ' ';
    for (index, character) in text.chars().enumerate() {
        let joins = matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}') && !before.is_ascii();
        if is_invisible(character) && !joins {
            return Some((index + 1, character));
        }
        before = character;
    }
    None
}

/// True for a character that nobody sees: control and format characters, fillers, and what only changes the characters around it (Unicode's Cc, Cf, Zl, Zp and
/// Default_Ignorable_Code_Point).
#[must_use]
pub fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{8e2}'
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Sentences about what is sent as it is, although it looks as if something would fill it in or take it for a blank.
#[must_use]
pub fn template_warnings(text: &str, known: &'static [&'static str]) -> Vec<String> {
    let mut found: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '%', '<', '$', '[']) {
        rest = &rest[at..];
        let literal = literal(rest);
        found.extend(literal.filter(|literal| !found.contains(literal)));
        rest = &rest[literal.map_or(1, str::len)..];
    }
    let sentence = |literal| format!("`{literal}` is sent as it is; the placeholders are {}", listed(known));
    let mut warnings: Vec<String> = found.into_iter().map(sentence).collect();
    if let Some(blank) = text.chars().find(|c| c.is_whitespace() && *c != ' ') {
        let code = blank as u32;
        warnings.push(format!("the blank U+{code:04X} is sent as it is, and the game does not take it for a blank"));
    }
    warnings
}

/// A placeholder in another notation at the start of `text`.
fn literal(text: &str) -> Option<&str> {
    let until = |start: &str, end: &str, is_word: fn(&str) -> bool| {
        let word = text.strip_prefix(start)?.split_once(end)?.0;
        is_word(word).then(|| &text[..start.len() + word.len() + end.len()])
    };
    if let Some(rest) = text.strip_prefix('$') {
        let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        return is_player_word(&rest[..length]).then_some(&text[..=length]);
    }
    until("{{", "}}", is_name)
        .or_else(|| until("{", "}", |word| is_name(word) && !word.bytes().all(|byte| byte.is_ascii_lowercase())))
        .or_else(|| until("%", "%", is_name))
        .or_else(|| until("<", ">", |word| word != "player" && is_player_word(word)))
        .or_else(|| until("[", "]", is_player_word))
}

fn is_name(word: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    word.starts_with(|c: char| c.is_ascii_alphabetic()) && word.bytes().all(is_allowed)
}

/// Words by which other shops name the player. Others, such as `<red>`, are formats of chat.
fn is_player_word(word: &str) -> bool {
    let word = word.to_ascii_lowercase().replace(['_', '-'], "");
    matches!(word.as_str(), "player" | "playername" | "username" | "user" | "uuid" | "nick" | "nickname" | "ign")
}

fn listed(known: &[&str]) -> String {
    let mut all: Vec<String> = PLAYER_PLACEHOLDERS.iter().chain(known).map(|name| format!("{{{name}}}")).collect();
    let last = all.pop().unwrap_or_default();
    format!("{} and {last}", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["quantity"];

    #[test]
    fn template_that_can_never_work_is_refused_with_its_reason() {
        for (text, reason) in [
            ("", "is empty"),
            (" ", "is empty"),
            ("\u{a0}\u{3000}", "is empty"),
            ("/", "is empty"),
            ("// /", "is empty"),
            ("give {name} diamond", "{name}"),
            ("give {transaction} diamond", "{transaction}"),
            ("say {referrer}", "there are {player}, {username}, {uuid}, {id} and {quantity}"),
            ("say {\"text\":\"{who}\"}", "{who}"),
            ("op\u{200b} x", "U+200B at position 3"),
            ("\u{feff}say hi", "U+FEFF at position 1"),
            ("say hi\u{200b}", "U+200B at position 7"),
            ("say a\nop b", "U+000A at position 6"),
            ("say\thi", "U+0009"),
            ("say \u{202e}hi", "U+202E"),
            ("say \u{2066}hi", "U+2066"),
            ("say \u{ad}hi", "U+00AD"),
            ("say \u{2028}hi", "U+2028"),
            ("say \u{9b}hi", "U+009B"),
            ("say \u{7f}hi", "U+007F"),
            ("o\u{200d}p x", "U+200D"),
            ("o\u{fe0f}p x", "U+FE0F"),
            ("say \u{e0067}", "U+E0067"),
            ("say \u{3164}", "U+3164"),
        ] {
            let fault = check_template(text, KNOWN).unwrap_err().to_string();
            assert!(fault.contains(reason), "{text:?}: {fault}");
        }
        assert!(check_template(&"x".repeat(TEMPLATE_BYTES), KNOWN).is_ok());
        assert_eq!(check_template(&"x".repeat(TEMPLATE_BYTES + 1), KNOWN), Err(TemplateFault::TooLong));
    }

    #[test]
    fn usual_template_is_taken_without_blanks_at_its_ends() {
        for (text, taken) in [
            ("give {player} diamond {quantity}", "give {player} diamond {quantity}"),
            (" /give <player> diamond\u{a0}", "/give <player> diamond"),
            ("\u{2003}say hi\r\n", "say hi"),
            ("lp user {uuid} parent add vip", "lp user {uuid} parent add vip"),
            ("tellraw {player} {\"text\":\"hi\",\"a\":{}}", "tellraw {player} {\"text\":\"hi\",\"a\":{}}"),
            ("give {id} stone{Count:1b,display:{Name:'x'}}", "give {id} stone{Count:1b,display:{Name:'x'}}"),
            ("say ❤\u{fe0f} 👨\u{200d}👩", "say ❤\u{fe0f} 👨\u{200d}👩"),
            ("say می\u{200c}خواهم", "say می\u{200c}خواهم"),
            ("say §aHi", "say §aHi"),
        ] {
            assert_eq!(check_template(text, KNOWN), Ok(taken), "{text:?}");
        }
    }

    #[test]
    fn other_notations_are_warned_of_once() {
        for literal in [
            "%player%",
            "%player_name%",
            "{Player}",
            "{packageName}",
            "{player_name}",
            "{player.name}",
            "{price1}",
            "{{player.name}}",
            "{{player}}",
            "{{username}}",
            "<name_of>",
            "<username>",
            "<Player>",
            "$player",
            "[player]",
            "$username",
            "[IGN]",
        ] {
            let warnings = template_warnings(&format!("give {literal} diamond {literal}"), KNOWN);
            let is_known = literal != "<name_of>";
            assert_eq!(warnings.len(), usize::from(is_known), "{literal}: {warnings:?}");
            assert!(!is_known || warnings[0].starts_with(&format!("`{literal}` is sent as it is")), "{warnings:?}");
        }
        assert!(template_warnings("say a\u{a0}b", KNOWN)[0].contains("U+00A0"));
        for clean in [
            "give {player} diamond 5",
            "say 100% sure, 50% off",
            "say <red>hi</red>",
            "say {\"text\":\"a\"} {}",
            "give {id} stone[damage=3]",
            "give {player} stone{Count:1b}",
            "say a < b > c",
            "say $5",
            "data get entity @s[tag=x]",
        ] {
            assert_eq!(template_warnings(clean, KNOWN), Vec::<String>::new(), "{clean}");
        }
    }
}
