//! The servers of a command in JSON: `"all"`, a list, or `{"anyOf": [...]}`.

use flux_shop::limits::TEMPLATE_SERVERS;
use flux_shop::{ServerChoice, WantedServers};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, OneOfBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The servers that run a command: `"all"`, a list of ids or names, or `{"anyOf": list}` for one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServersJson(pub WantedServers);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Shape {
    Word(String),
    List(Vec<String>),
    Any(AnyOf),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AnyOf {
    any_of: Vec<String>,
}

impl From<&ServerChoice> for ServersJson {
    fn from(choice: &ServerChoice) -> ServersJson {
        let ids = || choice.named().iter().map(ToString::to_string).collect();
        ServersJson(match choice {
            ServerChoice::All => WantedServers::All,
            ServerChoice::These(_) => WantedServers::These(ids()),
            ServerChoice::AnyOf(_) => WantedServers::AnyOf(ids()),
        })
    }
}

impl Serialize for ServersJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shape = match self.0.clone() {
            WantedServers::All => Shape::Word("all".to_owned()),
            WantedServers::These(list) => Shape::List(list),
            WantedServers::AnyOf(any_of) => Shape::Any(AnyOf { any_of }),
        };
        shape.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ServersJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let is_list = |list: &[String]| (1..=TEMPLATE_SERVERS).contains(&list.len());
        match Shape::deserialize(deserializer) {
            Ok(Shape::Word(word)) if word == "all" => Ok(ServersJson(WantedServers::All)),
            Ok(Shape::List(list)) if is_list(&list) => Ok(ServersJson(WantedServers::These(list))),
            Ok(Shape::Any(AnyOf { any_of })) if is_list(&any_of) => Ok(ServersJson(WantedServers::AnyOf(any_of))),
            Ok(Shape::Word(_) | Shape::List(_) | Shape::Any(_)) | Err(_) => Err(D::Error::custom(format!(
                "must be \"all\", a list of 1 to {TEMPLATE_SERVERS} servers by id or name, or {{\"anyOf\": such a list}}"
            ))),
        }
    }
}

impl PartialSchema for ServersJson {
    fn schema() -> RefOr<Schema> {
        let all = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["all"]));
        let list = || {
            let items = ObjectBuilder::new().schema_type(Type::String);
            ArrayBuilder::new().items(items).min_items(Some(1)).max_items(Some(TEMPLATE_SERVERS))
        };
        let any = ObjectBuilder::new().property("anyOf", list()).required("anyOf");
        OneOfBuilder::new().item(all).item(list()).item(any).into()
    }
}

impl ToSchema for ServersJson {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_read_and_written_alike() {
        for text in [r#""all""#, r#"["Survival"]"#, r#"["srv_aaaaaaaaaaaa","Lobby"]"#, r#"{"anyOf":["a","b"]}"#] {
            let read: Option<ServersJson> = serde_json::from_str(text).ok();
            assert_eq!(read.and_then(|servers| serde_json::to_string(&servers).ok()).as_deref(), Some(text));
        }
    }

    #[test]
    fn other_shapes_are_refused() {
        for text in
            [r#""some""#, "[]", "null", "7", r#"{"anyOf":[]}"#, r#"{"anyOf":"all"}"#, r#"{"anyOf":["a"],"x":1}"#, "{}"]
        {
            assert!(serde_json::from_str::<ServersJson>(text).is_err(), "{text}");
        }
    }
}
