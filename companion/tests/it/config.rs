//! Reading a valid `companion.yml`. The tests of invalid files are in `config_errors.rs`.

use flux_companion::config::Config;
use flux_config::{ConfigFile, SecretSources};

const SECRET: &str = "a-secret-of-32-characters-or-more";

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
        ("webhook: {url: 'https://x', secret: short}", "webhook.secret: has fewer than 32 characters"),
        ("webhook: {url: 'https://x'}", "webhook.secret_file: is missing"),
        ("databse: x", "databse"),
    ] {
        let error = parse(text).expect_err(text);
        assert!(error.contains(expected), "{error}");
    }
}

fn mail(server: &str, more: &str) -> Result<Config, String> {
    parse(&format!("mail: {{server: '{server}', from: shop@example.com, {more}}}"))
}

#[test]
fn login_at_a_mail_server_needs_tls_or_this_machine() {
    let login = "username: shop, password: hunter2";
    for server in ["smtp.example.com", "10.0.0.1:25", "169.254.1.1", "[fd00::1]:25", "localhost.example.com"] {
        let error = mail(server, &format!("{login}, tls: none")).expect_err(server);
        assert!(error.contains("mail.tls: would send the password unencrypted to"), "{server}: {error}");
        mail(server, login).expect("starttls is required of the server");
        mail(server, &format!("{login}, tls: tls")).expect("valid");
        mail(server, "tls: none").expect("nothing secret is sent");
    }
    for server in ["127.0.0.1:2525", "localhost", "[::1]:25", "[::ffff:127.0.0.1]"] {
        mail(server, &format!("{login}, tls: none")).expect(server);
    }
}

#[test]
fn webhook_address_is_parsed_and_its_secret_hidden() {
    let webhook = |url: &str| parse(&format!("webhook: {{url: '{url}', secret: {SECRET}}}")).expect("valid");
    let config = webhook("https://[::1]:8443/hook?a=b");
    assert!(!format!("{config:?}").contains(SECRET));
    let url = config.webhook.expect("a webhook").url;
    assert_eq!((url.tls, &*url.host, url.port, &*url.path), (true, "::1", 8443, "/hook?a=b"));
    let plain = webhook("http://shop.example.com").webhook.expect("one").url;
    assert_eq!((plain.tls, plain.port, &*plain.path), (false, 80, "/"));
}
