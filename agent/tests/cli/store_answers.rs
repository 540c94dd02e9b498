//! `check --online` and `token set` against servers that are not the store, and over wrong addresses and proxies.

use crate::support::{Host, NEGOTIATED, NEW_TOKEN, SERVER, TOKEN, response, serve};
use flux_agent::config::{Config, Directories, LiveConfig, SecretSources};
use flux_agent::journal::Journal;
use flux_agent::upstream::{Call, HttpRest, Method, Rest, client_config};
use flux_platform::{Clock, SystemClock, SystemEntropy};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

/// A host whose store gives this answer to every request.
fn host(answer: impl Fn(&str, &str) -> Vec<u8> + Send + 'static) -> Host {
    Host::new(&format!("http://{}", serve(answer)))
}

/// The line of `check --online` about the store.
fn store_line(host: &Host) -> String {
    let (_, text) = host.run(&["check", "--online"]);
    text.lines().find(|line| line.starts_with("store ")).unwrap().to_owned()
}

#[test]
fn success_of_another_server_confirms_nothing() {
    for body in ["<html>This domain is parked</html>", "{}", "ok", r#"{"acknowledged":[]}"#] {
        let host = host(|_, _| response("200 OK", &[], body));
        let line = store_line(&host);
        assert!(line.starts_with("store      FAILED"), "{body}: {line}");
        let (exit, text) = host.run_with(&["token", "set"], NEW_TOKEN);
        assert_eq!(exit, 69, "{text}");
        assert!(text.contains("nothing was written"), "{text}");
        assert_eq!(host.read("token"), format!("{TOKEN}\n"), "{body}");
    }
}

#[test]
fn only_the_store_can_reject_the_token() {
    let foreign: [(&str, &[&str], &str); 4] = [
        ("401 Unauthorized", &["WWW-Authenticate: Basic realm=\"x\""], ""),
        ("403 Forbidden", &["cf-mitigated: challenge", "Content-Type: text/html"], "<html>Just a moment...</html>"),
        ("403 Forbidden", &[], "<html>blocked</html>"),
        ("401 Unauthorized", &[], r#"{"message":"Unauthorized"}"#),
    ];
    for (status, headers, body) in foreign {
        let host = host(move |_, _| response(status, headers, body));
        let line = store_line(&host);
        assert!(line.contains("not the store's own answer"), "{line}");
        assert!(line.contains("Let /hubs/agent and /api/v1/agent pass"), "{line}");
        assert!(!line.contains("new one"), "{line}");
        assert_eq!(host.run_with(&["token", "set"], NEW_TOKEN).0, 69);
    }
    let own = host(|_, _| response("401 Unauthorized", &["WWW-Authenticate: Bearer"], ""));
    assert!(store_line(&own).contains("the store rejected the token (HTTP 401); make a new one"));
    let (exit, text) = own.run_with(&["token", "set"], NEW_TOKEN);
    assert_eq!(exit, 1, "{text}");
    assert_eq!(own.read("token"), format!("{TOKEN}\n"));
}

#[test]
fn wrong_store_url_error_names_the_right_one() {
    let moved = host(|_, path| {
        let location = format!("Location: https://shop.example{path}");
        response("308 Permanent Redirect", &[&location], "")
    });
    assert!(store_line(&moved).ends_with("set store.url to https://shop.example"), "{}", store_line(&moved));

    let plain = serve(|_, _| response("400 Bad Request", &[], ""));
    let tls = Host::new(&format!("https://{plain}"));
    assert!(store_line(&tls).ends_with(&format!("set store.url to http://{plain}")), "{}", store_line(&tls));

    // The answer of a TLS server to plain HTTP: a page from nginx, a TLS alert from others.
    let page = "<center>The plain HTTP request was sent to HTTPS port</center>";
    for answer in [response("400 Bad Request", &[], page), b"\x15\x03\x03\x00\x02\x02\x46".to_vec()] {
        let address = serve(move |_, _| answer.clone());
        let line = store_line(&Host::new(&format!("http://{address}")));
        assert!(line.ends_with(&format!("set store.url to https://{address}")), "{line}");
    }

    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let line = store_line(&Host::new(&format!("http://{closed}")));
    assert!(line.contains(&format!("start the store, or correct store.url (http://{closed})")), "{line}");

    let unknown = store_line(&Host::new("https://no-such-host.invalid"));
    assert!(unknown.contains("correct the host name in store.url"), "{unknown}");
    let gone = host(|_, _| response("502 Bad Gateway", &[], "<html>nginx</html>"));
    assert!(store_line(&gone).contains("cannot reach the store: start the store"), "{}", store_line(&gone));
}

/// A store behind a proxy that negotiates and whose upgrade fails; its REST API knows the token.
fn without_sockets(_: &str, path: &str) -> Vec<u8> {
    match path.split('?').next().unwrap() {
        "/hubs/agent/negotiate" => response("200 OK", &[], NEGOTIATED),
        "/api/v1/agent/reports" => response(
            "400 Bad Request",
            &["Date: Fri, 27 Nov 2026 10:00:00 GMT"],
            r#"{"error":{"code":"no_journal","message":"x"}}"#,
        ),
        _ => response("400 Bad Request", &[], "this is a SignalR hub; connect with a WebSocket"),
    }
}

#[test]
fn proxy_without_websockets_is_named_and_polling_confirms() {
    let host = host(without_sockets);
    let (exit, text) = host.run(&["check", "--online"]);
    assert!(exit == 69 && text.contains("passes no WebSockets: in nginx, set proxy_http_version 1.1"), "{text}");
    assert!(text.contains("polling    ok"), "{text}");
    let (exit, text) = host.run_with(&["token", "set"], NEW_TOKEN);
    assert_eq!(exit, 0, "{text}");
    assert_eq!(host.read("token"), format!("{NEW_TOKEN}\n"));
}

#[test]
fn token_of_another_server_is_not_written() {
    let host = host(without_sockets);
    let server = SERVER.parse().unwrap();
    drop(Journal::open(&host.path("state"), &server, &SystemEntropy, SystemClock.now()).unwrap());
    let (exit, text) = host.run_with(&["token", "set"], &NEW_TOKEN.replace("srv_abcdefghij12", "srv_000000000000"));
    assert_eq!(exit, 78, "{text}");
    assert!(text.contains("belongs to server srv_000000000000") && text.contains(SERVER), "{text}");
    assert_eq!(host.read("token"), format!("{TOKEN}\n"));
}

#[test]
fn new_token_is_written_despite_other_config_errors() {
    let host = host(without_sockets);
    let config = host.read("config.yml").replace("password: planted-secret", "pasword: planted-secret");
    host.write("config.yml", &config);
    let (exit, text) = host.run_with(&["token", "set"], NEW_TOKEN);
    assert_eq!(exit, 78, "{text}");
    assert!(text.contains("written to") && text.contains("rcon.pasword: unknown key"), "{text}");
    assert_eq!(host.read("token"), format!("{NEW_TOKEN}\n"));
}

#[test]
fn first_token_is_set_the_same_way() {
    let host = host(without_sockets);
    std::fs::remove_file(host.path("token")).unwrap();
    assert_eq!(host.run_with(&["token", "set"], NEW_TOKEN).0, 0);
    assert_eq!(host.read("token"), format!("{NEW_TOKEN}\n"));
}

#[test]
fn daemon_logs_an_answer_that_is_not_the_stores() {
    let host = host(|_, _| response("403 Forbidden", &[], "<html>blocked</html>"));
    let mut daemon = host.command(&["run"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(daemon.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line.contains("store unreachable") || line.contains("rejected the token"));
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    let line = line.unwrap();
    assert!(line.contains("store unreachable; retrying") && line.contains("not the store's own answer"), "{line}");
}

#[tokio::test]
async fn retry_after_is_capped_at_polling_max() {
    let later = ["Retry-After: Fri, 27 Nov 2026 11:00:00 GMT", "Date: Fri, 27 Nov 2026 10:00:00 GMT"];
    for headers in [&["Retry-After: 3600"][..], &later] {
        let headers: Vec<String> = headers.iter().map(|line| (*line).to_owned()).collect();
        let host = host(move |_, _| {
            let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
            response("503 Service Unavailable", &headers, "")
        });
        host.write("config.yml", &(host.read("config.yml") + "polling: {min: 15s, max: 60s}\n"));
        let config =
            Config::load(&host.path("config.yml"), &SecretSources::default(), &Directories::default()).unwrap();
        let rest = HttpRest::new(LiveConfig::from(config), &"journal-1".parse().unwrap(), client_config(None).unwrap())
            .unwrap();
        let call = Call { method: Method::Get, path: "/commands".into(), body: None };
        assert_eq!(rest.call(call).await.unwrap_err().retry_after(), Some(Duration::from_secs(60)));
    }
}
