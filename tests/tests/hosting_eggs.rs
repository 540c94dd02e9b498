//! The eggs for hosting panels: each has the form that its panel imports, and its parts work together with the agent.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use flux_agent::config::{Config, Directories, SecretSources};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const PTERODACTYL: &str = "egg-flux-agent.json";
const PELICAN: &str = "egg-flux-agent-pelican.json";
/// The names that both panels set themselves (`RESERVED_ENV_NAMES` of their `EggVariable`).
const RESERVED: [&str; 9] =
    ["SERVER_MEMORY", "SERVER_IP", "SERVER_PORT", "ENV", "HOME", "USER", "STARTUP", "SERVER_UUID", "UUID"];
const TOKEN: &str = "srv_abcdefghij12.0123456789abcdefghijABCDEFGHIJxy";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/pterodactyl")
}

fn egg(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder().join(name)).unwrap()).unwrap()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<&str> {
    names.into()
}

fn variables(egg: &Value) -> &[Value] {
    egg["variables"].as_array().unwrap()
}

/// The rules of a variable: a text with bars for Pterodactyl, a list for Pelican.
fn rules(variable: &Value) -> Vec<&str> {
    match &variable["rules"] {
        Value::String(text) => text.split('|').collect(),
        list => list.as_array().unwrap().iter().map(|rule| rule.as_str().unwrap()).collect(),
    }
}

/// A part of `config` as an object; Pterodactyl has it as JSON in a text.
fn config_part(egg: &Value, part: &str) -> Map<String, Value> {
    match &egg["config"][part] {
        Value::String(text) => serde_json::from_str(text).unwrap(),
        object => object.as_object().unwrap().clone(),
    }
}

#[test]
fn pterodactyl_egg_has_the_form_of_its_exports() {
    let egg = egg(PTERODACTYL);
    assert_eq!(egg["meta"]["version"], "PTDL_v2");
    assert_eq!(keys(&egg["meta"]), set(["version", "update_url"]));
    let exported = set([
        "_comment",
        "meta",
        "exported_at",
        "name",
        "author",
        "description",
        "features",
        "docker_images",
        "file_denylist",
        "startup",
        "config",
        "scripts",
        "variables",
    ]);
    assert_eq!(keys(&egg), exported);
    assert_eq!(keys(&egg["config"]), set(["files", "startup", "logs", "stop"]));
    for part in ["files", "startup", "logs"] {
        assert!(egg["config"][part].is_string(), "{part} is JSON in a text");
    }
    let fields = set([
        "name",
        "description",
        "env_variable",
        "default_value",
        "user_viewable",
        "user_editable",
        "rules",
        "field_type",
    ]);
    for variable in variables(&egg) {
        assert_eq!(keys(variable), fields, "{variable}");
        assert!(variable["rules"].is_string() && variable["field_type"] == "text", "{variable}");
    }
}

#[test]
fn pelican_egg_has_the_form_of_its_exports() {
    let egg = egg(PELICAN);
    assert_eq!(egg["meta"]["version"], "PLCN_v3");
    let exported = set([
        "_comment",
        "meta",
        "exported_at",
        "name",
        "author",
        "uuid",
        "description",
        "tags",
        "features",
        "docker_images",
        "file_denylist",
        "startup_commands",
        "config",
        "scripts",
        "variables",
    ]);
    assert_eq!(keys(&egg), exported);
    for part in ["files", "startup", "logs"] {
        assert!(egg["config"][part].is_object(), "{part} is an object");
    }
    let fields = set([
        "name",
        "description",
        "env_variable",
        "default_value",
        "user_viewable",
        "user_editable",
        "rules",
        "sort",
    ]);
    for variable in variables(&egg) {
        assert_eq!(keys(variable), fields, "{variable}");
        assert!(variable["rules"].is_array() && variable["sort"].is_u64(), "{variable}");
    }
}

#[test]
fn both_eggs_are_accepted_and_say_the_same() {
    for name in [PTERODACTYL, PELICAN] {
        let egg = egg(name);
        assert!(egg["author"].as_str().unwrap().contains('@'), "an author is a mail address");
        assert!(egg["exported_at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        assert_eq!(egg["config"]["stop"], "^C", "a panel sends SIGINT for it");
        assert_eq!(keys(&egg["scripts"]["installation"]), set(["script", "container", "entrypoint"]));
        for (label, image) in egg["docker_images"].as_object().unwrap() {
            let plain = |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
            assert!(plain(label, "_#./- ") && plain(image.as_str().unwrap(), "~_./-:@"), "{label}: {image}");
        }
        let mut names = BTreeSet::new();
        for variable in variables(&egg) {
            let name = variable["env_variable"].as_str().unwrap();
            assert!(name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'), "{name}");
            assert!(names.insert(name) && !RESERVED.contains(&name), "{name}");
            assert!(rules(variable).contains(&"required"), "{name}");
            for field in ["name", "description", "default_value"] {
                assert!(variable[field].is_string(), "{name}: {field}");
            }
            assert!(variable["user_viewable"].is_boolean() && variable["user_editable"].is_boolean(), "{name}");
        }
        assert_eq!(names, set(["FLUX_AGENT_RCON_PASSWORD", "FLUX_AGENT_TOKEN", "RCON_ADDRESS", "STORE_URL"]));
    }
    let (one, other) = (egg(PTERODACTYL), egg(PELICAN));
    assert_eq!(one["scripts"], other["scripts"]);
    assert_eq!(one["startup"], other["startup_commands"]["Default"]);
    assert_eq!(one["docker_images"], other["docker_images"]);
    assert_eq!(config_part(&one, "startup"), config_part(&other, "startup"));
    let of = |egg| variables(egg).iter().map(|each| (each["env_variable"].clone(), rules(each).join("|"))).collect();
    let (of_one, of_other): (Vec<_>, Vec<_>) = (of(&one), of(&other));
    assert_eq!(of_one, of_other);
}

#[test]
fn panel_waits_for_a_line_that_the_agent_logs() {
    let logs = std::fs::read_to_string(folder().join("../../docs/reference/logs.md")).unwrap();
    let done = config_part(&egg(PTERODACTYL), "startup");
    let line = done["done"].as_str().unwrap();
    assert!(logs.contains(&format!("| {line} |")), "{line}");
}

/// The configuration that the installation writes, with the variables where each panel puts them, is the agent's.
#[test]
fn installed_configuration_is_valid() {
    for (name, placeholder) in [(PTERODACTYL, "server.build.env"), (PELICAN, "server.environment")] {
        let server = TempDir::new().unwrap();
        let egg = egg(name);
        let script = egg["scripts"]["installation"]["script"].as_str().unwrap();
        let script = script.replace("/mnt/server", server.path().to_str().unwrap());
        let installed = shell(&script, &[]);
        assert!(installed.status.success(), "{installed:?}");
        let path = server.path().join("config.yml");
        let file = &config_part(&egg, "files")["config.yml"];
        assert_eq!(file["parser"], "yaml");
        let find = |key: &str, variable: &str| {
            assert_eq!(file["find"][key], format!("{{{{{placeholder}.{variable}}}}}"), "{key}");
        };
        find("store.url", "STORE_URL");
        find("rcon.address", "RCON_ADDRESS");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("  url: ") && text.contains("  address: "), "the panel has something to replace");
        let secrets = [("FLUX_AGENT_TOKEN", TOKEN), ("FLUX_AGENT_RCON_PASSWORD", "hunter-2")];
        let sources = SecretSources::new(None, secrets.map(|(name, text)| (name.to_owned(), text.to_owned())));
        let config = Config::load(&path, &sources, &Directories::default()).unwrap();
        assert_eq!((config.state_dir, config.runtime_dir), (server.path().join("state"), server.path().join("run")));

        std::fs::write(&path, "# mine\n").unwrap();
        assert!(shell(&script, &[]).status.success());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "# mine\n", "a second installation keeps the file");
    }
}

#[test]
fn entrypoint_fills_in_the_start_up_command_and_prints_no_secret() {
    let script = std::fs::read_to_string(folder().join("entrypoint.sh")).unwrap();
    let startup = ("STARTUP", "printf '%s ' one \"{{TWO}}\" three");
    let output = shell(&script, &[startup, ("TWO", "2 $(id)"), ("FLUX_AGENT_TOKEN", TOKEN)]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "one 2 $(id) three ");
    assert!(output.stderr.is_empty(), "{:?}", String::from_utf8_lossy(&output.stderr));
    let failed = shell(&script, &[("STARTUP", "exit 7")]);
    assert_eq!(failed.status.code(), Some(127), "the command replaces the shell");
}

/// The guide builds the image that the eggs name, from a target of the Containerfile that copies files of the repository.
#[test]
fn image_of_the_eggs_is_one_that_the_guide_builds() {
    let root = folder().join("../..");
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let egg = egg(PTERODACTYL);
    let image = egg["docker_images"]["Flux Agent"].as_str().unwrap().trim_start_matches('~');
    let (guide, containerfile) = (read("docs/how-to/hosting-panels.md"), read("packaging/Containerfile"));
    assert!(guide.contains(&format!("--target flux-agent-panel -t {image} .")), "{image}");
    assert!(containerfile.contains(" AS flux-agent-panel\n"));
    assert!(containerfile.contains("COPY packaging/pterodactyl/entrypoint.sh "));
    assert!(read("packaging/Containerfile.dockerignore").contains("\n!packaging/pterodactyl/entrypoint.sh\n"));
    for name in [PTERODACTYL, PELICAN] {
        assert!(guide.contains(&format!("packaging/pterodactyl/{name}")), "{name}");
    }
}

fn shell(script: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).envs(variables.iter().copied()).output().unwrap()
}
