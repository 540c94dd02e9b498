//! A customer's name in a mail: the mail comes from the shop, so a name must bring no link of its own.

use crate::limits;
use crate::typed::plain;
use flux_protocol::template::is_invisible;
use std::net::Ipv4Addr;

/// A name as a mail's subject or text may hold it: on one line, without invisible characters, cut. `None` for a blank one, and
/// for one that holds an address or a slash: mail programs make a link of it.
pub fn mail_name(name: &str) -> Option<String> {
    if looks_like_a_link(&plain(name)) {
        return None;
    }
    let seen: String = name.chars().map(|letter| if letter.is_whitespace() { ' ' } else { letter }).collect();
    let seen: String = seen.chars().filter(|letter| !is_invisible(*letter)).collect();
    let line = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = line.chars().take(limits::MAIL_NAME_CHARS).collect::<String>().trim_end().to_owned();
    (!cut.is_empty()).then_some(cut)
}

fn looks_like_a_link(name: &str) -> bool {
    name.contains(is_slash) || name.contains(['@', '\u{fe6b}']) || name.split_whitespace().any(is_host)
}

/// Slashes, and what looks like one.
fn is_slash(letter: char) -> bool {
    matches!(letter, '/' | '\\' | '\u{2044}' | '\u{2215}' | '\u{29f8}' | '\u{29f9}' | '\u{2216}' | '\u{fe68}')
}

/// Dots, and what a browser takes for one (UTS 46).
fn is_dot(letter: char) -> bool {
    matches!(letter, '.' | '\u{3002}' | '\u{ff61}' | '\u{2024}' | '\u{fe52}')
}

/// True if a word holds a host: `evil.example`, but neither `J.R.` nor `1.20`.
fn is_host(word: &str) -> bool {
    let word = word.trim_matches(|letter: char| !letter.is_alphanumeric());
    let labels: Vec<&str> = word.split(is_dot).collect();
    let is_name = |pair: &[&str]| match pair {
        [before, after] => {
            let label: String = after.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '-').collect();
            before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '-')
                && label.chars().count() >= 2
                && label.chars().any(char::is_alphabetic)
        }
        _ => false,
    };
    labels.windows(2).any(is_name) || labels.join(".").parse::<Ipv4Addr>().is_ok()
}
