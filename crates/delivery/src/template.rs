//! Filling in command templates.

use crate::{PlayerName, Uuid};
use flux_protocol::FailReason;
use flux_protocol::limits::TEMPLATE_BYTES;
use flux_protocol::template::{placeholder, placeholders};
use std::collections::BTreeMap;

/// Longest value, in characters.
const VALUE_CHARS: usize = 64;

/// Fills in a template.
///
/// A placeholder is `<player>` or `{` + `[a-z]+` + `}`. Any other brace is text, so JSON needs no escaping. The template is
/// read once, so a placeholder inside a value is not filled in.
///
/// # Errors
///
/// [`FailReason::BadTemplate`] for a placeholder without a value, a value outside `[A-Za-z0-9_.,:-]{0,64}` (used or not),
/// or a template longer than [`TEMPLATE_BYTES`].
pub fn fill(
    template: &str,
    player: Option<&PlayerName>,
    uuid: Option<Uuid>,
    values: &BTreeMap<String, String>,
) -> Result<String, FailReason> {
    if template.len() > TEMPLATE_BYTES || !values.values().all(|value| is_safe(value)) {
        return Err(FailReason::BadTemplate);
    }
    fill_with(template, |name| value_of(name, player, uuid, values)).ok_or(FailReason::BadTemplate)
}

/// Replaces each placeholder by its value; `None` if one has no value.
pub(crate) fn fill_with(template: &str, mut value_of: impl FnMut(&str) -> Option<String>) -> Option<String> {
    let mut filled = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(at) = rest.find(['{', '<']) {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        match placeholder(rest) {
            Some((name, length)) => {
                filled.push_str(&value_of(name)?);
                rest = &rest[length..];
            }
            None => {
                filled.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
    }
    filled.push_str(rest);
    Some(filled)
}

/// True if a template has a placeholder for the player's UUID.
pub(crate) fn needs_uuid(template: &str) -> bool {
    placeholders(template).any(|name| matches!(name, "uuid" | "id"))
}

fn value_of(
    name: &str,
    player: Option<&PlayerName>,
    uuid: Option<Uuid>,
    values: &BTreeMap<String, String>,
) -> Option<String> {
    match name {
        "player" | "username" => player.map(|player| player.as_str().to_owned()),
        "uuid" => uuid.map(|uuid| uuid.to_string()),
        "id" => uuid.map(Uuid::simple),
        other => values.get(other).cloned(),
    }
}

fn is_safe(value: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.,:-".contains(&byte);
    value.len() <= VALUE_CHARS && value.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill_for_steve(template: &str, values: &[(&str, &str)]) -> Result<String, FailReason> {
        let values = values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        fill(
            template,
            PlayerName::parse("Steve", "").as_ref(),
            Uuid::parse("069a79f444e94726a5befca90e38aaf5"),
            &values,
        )
    }

    #[test]
    fn every_placeholder_style_is_filled_in() {
        let filled =
            fill_for_steve("x {player} <player> {username} {uuid} {id} {quantity}", &[("quantity", "3")]).unwrap();
        assert_eq!(
            filled,
            "x Steve Steve Steve 069a79f4-44e9-4726-a5be-fca90e38aaf5 069a79f444e94726a5befca90e38aaf5 3"
        );
    }

    #[test]
    fn json_is_left_as_it_is() {
        let json = r#"tellraw {player} {"text":"a <b> {} {A} {1} { x","extra":[{"text":"{quantity}"}]}"#;
        let expected = r#"tellraw Steve {"text":"a <b> {} {A} {1} { x","extra":[{"text":"9"}]}"#;
        assert_eq!(fill_for_steve(json, &[("quantity", "9")]).unwrap(), expected);
    }

    #[test]
    fn values_cannot_add_placeholders_or_replace_the_player() {
        assert_eq!(fill_for_steve("say {order}", &[("order", "{player}")]), Err(FailReason::BadTemplate));
        assert_eq!(fill_for_steve("say {player}", &[("player", "Alex")]).unwrap(), "say Steve");
        for hostile in ["@a", "a b", "a\nb", "\"", "§c", &"x".repeat(65)] {
            assert_eq!(
                fill_for_steve("say {order}", &[("order", hostile)]),
                Err(FailReason::BadTemplate),
                "{hostile:?}"
            );
        }
    }

    #[test]
    fn placeholder_without_a_value_is_a_bad_template() {
        assert_eq!(fill_for_steve("say {unknown}", &[]), Err(FailReason::BadTemplate));
        assert_eq!(fill("give {player} x", None, None, &BTreeMap::new()), Err(FailReason::BadTemplate));
        assert_eq!(
            fill("x {uuid}", PlayerName::parse("Steve", "").as_ref(), None, &BTreeMap::new()),
            Err(FailReason::BadTemplate)
        );
        assert!(fill(&"x".repeat(1_300), None, None, &BTreeMap::new()).is_ok());
        assert_eq!(fill(&"x".repeat(1_301), None, None, &BTreeMap::new()), Err(FailReason::BadTemplate));
    }
}
