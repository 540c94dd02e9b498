//! Reading a valid `companion.yml`. The tests of invalid files are in `config_errors.rs`.

use flux_companion::config::Config;
use flux_config::{ConfigFile, SecretSources};

fn parse(text: &str) -> Result<Config, String> {
    let file = ConfigFile { path: "companion.yml".into(), text: text.to_owned(), mode: 0o600 };
    Config::parse(&file, &SecretSources::default()).map_err(|errors| errors.to_string())
}

#[test]
fn example_config_has_every_key_with_its_default() {
    let example = include_str!("../../../companion.example.yml");
    let shown = parse(example).expect("the example is valid");
    assert_eq!(format!("{shown:?}"), format!("{:?}", parse("").expect("an empty config is valid")));
    let uncommented = example.replace("# public_url", "public_url");
    assert_eq!(parse(&uncommented).expect("valid").public_url.as_deref(), Some("https://store.example.com"));
}

#[test]
fn config_error_names_its_key_and_the_problem() {
    for (text, expected) in [
        ("listen: here", "companion.yml:1:9: listen:"),
        ("public_url: ftp://x", "public_url: is not an http"),
        ("store: {id: a b}", "store.id:"),
        ("limits: {body_bytes: 1}", "limits.body_bytes: is out of range"),
        ("log: {level: loud}", "log.level: is not one of the choices"),
        ("webhook: {secret: x}", "webhook.url: is missing"),
        ("webhook: {url: 'ftp://x', secret: x}", "webhook.url: is not an http"),
        ("webhook: {url: 'https://a@x', secret: x}", "webhook.url: contains a user name"),
        ("webhook: {url: 'https://x'}", "webhook.secret_file: is missing"),
        ("databse: x", "databse"),
    ] {
        let error = parse(text).expect_err(text);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn webhook_address_is_parsed_and_its_secret_hidden() {
    let config = parse("webhook: {url: 'https://[::1]:8443/hook?a=b', secret: hunter2}").expect("valid");
    assert!(!format!("{config:?}").contains("hunter2"));
    let url = config.webhook.expect("a webhook").url;
    assert_eq!((url.tls, &*url.host, url.port, &*url.path), (true, "::1", 8443, "/hook?a=b"));
    let plain = parse("webhook: {url: 'http://shop.example.com', secret: x}").expect("valid").webhook.expect("one").url;
    assert_eq!((plain.tls, plain.port, &*plain.path), (false, 80, "/"));
}
