//! A template that is accepted when it is saved fills in, or a warning says what does not.

use flux_delivery::{CommandLine, PlayerName, Uuid, fill};
use flux_protocol::template::{check_template, template_warnings};
use proptest::prelude::*;
use std::collections::BTreeMap;

const KNOWN: &[&str] = &["quantity", "order"];

/// Pieces of which templates are made: texts, placeholders, and what only looks like one.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9_:. ]{0,6}",
        "[\\{\\}<>%$/\\[\\]]{1,3}",
        prop::sample::select(vec![
            "{player}",
            "<player>",
            "{uuid}",
            "{id}",
            "{quantity}",
            "{order}",
            "{name}",
            "{Player}",
            "%player%",
            "{{player}}",
            "${player}",
            "{packageName}",
            "{ player }",
            "[player]",
            "{}",
            "{quantity",
            "\u{200b}",
            "\u{a0}",
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn accepted_template_fills_in_or_is_warned_of(pieces in prop::collection::vec(piece(), 1..8)) {
        let template = pieces.concat();
        let Ok(template) = check_template(&template, KNOWN) else { return Ok(()) };
        let (name, uuid) = (PlayerName::parse("Steve", ""), Uuid::parse("069a79f444e94726a5befca90e38aaf5"));
        let values: BTreeMap<String, String> =
            KNOWN.iter().map(|name| ((*name).to_owned(), "7".to_owned())).collect();
        let line = fill(template, name.as_ref(), uuid, &values).expect("everything has a value");
        prop_assert!(CommandLine::new(&line).is_ok(), "{line:?}");
        let lower = line.to_lowercase();
        let looks_open = ["{player}", "%player%", "<player>", "{quantity}", "{packagename}"].iter().any(|open| lower.contains(open));
        prop_assert!(!looks_open || !template_warnings(template, KNOWN).is_empty(), "{template:?} sends {line:?}");
    }
}
