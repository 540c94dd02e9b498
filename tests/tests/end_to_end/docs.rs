//! Every `curl` request of the documentation works against the running programs.

use crate::test_env::TestEnv;
use serde_json::Value;
use std::path::Path;

/// The request of a document's `curl` line.
struct Sent {
    method: String,
    path: String,
    body: Option<Value>,
}

/// The `curl` lines of a document, in order. A backslash or an open quote continues a line.
fn requests(document: &str) -> Vec<Sent> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(document)).unwrap();
    let starts = text.match_indices("\ncurl ").map(|(at, _)| &text[at + 1..]);
    starts.map(|rest| read(&command(rest))).collect()
}

/// Splits a shell command into words; knows quotes and backslashes only.
fn command(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, quote) {
            ('\n', None) => break,
            ('\\', None) if characters.peek() == Some(&'\n') => drop(characters.next()),
            ('\'' | '"', None) => quote = Some(character),
            (end, Some(begin)) if end == begin => quote = None,
            (' ', None) => words.push(std::mem::take(&mut word)),
            (other, _) => word.push(other),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn read(words: &[String]) -> Sent {
    let after = |mark: &str| words.iter().position(|word| word == mark).map(|at| words[at + 1].clone());
    let url = words.iter().find_map(|word| word.strip_prefix("http://127.0.0.1:8787")).unwrap();
    let parse = |body: String| serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
    Sent { method: after("-X").unwrap_or("GET".into()), path: url.to_owned(), body: after("-d").map(parse) }
}

impl Sent {
    /// Replaces `$CODE` with a referral code.
    fn filled(self, code: &str) -> Sent {
        let body = self.body.map(|body| body.to_string().replace("$CODE", code).parse().unwrap());
        Sent { path: self.path.replace("$CODE", code), body, ..self }
    }

    async fn send(&self, env: &TestEnv) -> Value {
        let method = self.method.parse().unwrap();
        let (status, answer) = env.api.call(method, &self.path, self.body.clone()).await.unwrap();
        assert!(status.is_success(), "{} {}: {status} {answer}", self.method, self.path);
        answer
    }
}

#[tokio::test]
async fn readme_requests_sell_diamonds() {
    let env = TestEnv::start(&["Steve"]).await;
    let requests = requests("README.md");
    assert_eq!(requests.len(), 3, "a package, an order, and a look at it");
    for request in requests {
        request.send(&env).await;
    }
    env.delivered("order-1").await;
    env.testbed.has("Steve", "diamond", 5, crate::test_env::LIMIT).await.unwrap();
}

#[tokio::test]
async fn every_documented_request_works_in_sequence() {
    let env = TestEnv::start(&["Steve"]).await;
    let requests = requests("docs/how-to/connect-a-storefront.md");
    assert!(requests.len() >= 27, "they were found: {}", requests.len());
    let mut code = String::new();
    for request in requests {
        let request = request.filled(&code);
        let answer = request.send(&env).await;
        match request.path.as_str() {
            // The page adds this server. It has no agent and would keep the order open.
            "/api/v1/servers" if request.method == "POST" => {
                let id = answer["id"].as_str().unwrap();
                env.api.call("DELETE".parse().unwrap(), &format!("/api/v1/servers/{id}"), None).await.unwrap();
            }
            "/api/v1/referrals/links/issue" => code = answer["code"].as_str().unwrap().to_owned(),
            "/api/v1/orders/order-8" => {
                assert_eq!(answer["referral"]["decision"], "rewarded");
                env.testbed.has("Steve", "emerald", 5, crate::test_env::LIMIT).await.unwrap();
            }
            "/api/v1/orders/order-7/paid" => {
                env.delivered("order-7").await;
                env.testbed.has("Steve", "emerald", 3, crate::test_env::LIMIT).await.unwrap();
            }
            "/api/v1/orders/order-7/refunded" if answer["refundedAmount"] == 1500 => {
                assert_eq!(answer["status"], "refunded");
                env.delivered("order-7").await;
                assert_eq!(env.runs().await["experience add Steve -10 levels"], 3, "once for each unit");
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn tutorial_requests_sell_diamonds() {
    let env = TestEnv::start(&["Steve"]).await;
    let requests = requests("docs/tutorial/first-store.md");
    assert_eq!(requests.len(), 3, "a package, an order, and a look at it");
    for request in requests {
        request.send(&env).await;
    }
    env.delivered("order-1").await;
    env.testbed.has("Steve", "diamond", 5, crate::test_env::LIMIT).await.unwrap();
}
