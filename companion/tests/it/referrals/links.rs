//! Referral links, clicks, codes, and the customer's summary.

use super::fixture::{ReferralFixture, why};
use crate::test_app::text;
use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

pub(super) async fn visit(
    fixture: &ReferralFixture,
    method: &str,
    code: &str,
    headers: &[(&str, &str)],
) -> (u16, Option<String>) {
    let mut request = Request::builder().method(method).uri(format!("/r/{code}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let answer = fixture.app.router.clone().oneshot(request).await.expect("an answer");
    let to = answer.headers().get("location").map(|value| value.to_str().expect("text").to_owned());
    (answer.status().as_u16(), to)
}

async fn clicks(fixture: &ReferralFixture, id: &str) -> Value {
    fixture.post("/links/issue", json!({"accountId": "store", "customerId": id})).await.1["clicks"].clone()
}

/// R0-01, R0-14, R2-13, R2-14.
#[tokio::test]
async fn customer_has_one_link_and_one_code() {
    let fixture = ReferralFixture::code_rewards().await;
    let body = json!({"accountId": "store", "customerId": "c1", "name": "Älice Miller"});
    let (status, link) = fixture.post("/links/issue", body.clone()).await;
    assert_eq!(status, StatusCode::CREATED);
    let code = text(&link, "code");
    assert!(code.starts_with("alice-") && code.len() == 9, "{code}");
    assert_eq!(text(&link, "url"), format!("http://127.0.0.1:8787?ref={code}"));
    let (status, again) = fixture.post("/links/issue", body).await;
    assert_eq!((status, &again), (StatusCode::OK, &link));
    let (status, panel) = fixture.app.get("/customers/c1/panel").await;
    assert_eq!((status, &panel["link"], &panel["code"]), (StatusCode::OK, &link, &json!(code)));
    let others = [fixture.code("c2").await, fixture.code("c3").await];
    assert!(!others.contains(&code) && others[0] != others[1]);
}

/// R2-04, R3-03, R4-31.
#[tokio::test]
async fn customers_have_no_link_or_summary_without_rewards() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("c1").await;
    fixture.app.put("/referrals/program", json!({"enabled": false})).await;
    let body = json!({"accountId": "store", "customerId": "c1"});
    assert_eq!(fixture.post("/links/issue", body.clone()).await, (StatusCode::OK, Value::Null));
    assert_eq!(why(&fixture.app.get("/customers/c1/panel").await), (404, "not_found"));
    let click = fixture.post("/links/click", json!({"accountId": "store", "code": code})).await;
    assert_eq!(why(&click), (409, "program_disabled"));
    let verdict = fixture.get(&format!("/codes/{code}")).await;
    assert_eq!((&verdict["valid"], &verdict["reason"]), (&json!(false), &json!("program_disabled")));
    fixture.app.put("/referrals/program", json!({"enabled": true})).await;
    assert_eq!(text(&fixture.post("/links/issue", body).await.1, "code"), code, "enabling revives the same code");
}

/// R2-16, R2-17.
#[tokio::test]
async fn clicks_count_people_not_previews_or_repeats() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("c1").await;
    let click = async |more: Value| {
        let mut body = json!({"accountId": "store", "code": code.to_uppercase()});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        fixture.post("/links/click", body).await
    };
    let (status, answer) = click(json!({"visitorKey": "v1"})).await;
    assert_eq!((status, text(&answer, "programId")), (StatusCode::OK, "prg_store".into()));
    click(json!({"visitorKey": "v1"})).await;
    click(json!({"visitorKey": "v2", "userAgent": "WhatsApp/2.0"})).await;
    assert_eq!(clicks(&fixture, "c1").await, 1);
    fixture.app.clock.pass(86_400);
    click(json!({"visitorKey": "v1"})).await;
    click(json!({})).await;
    assert_eq!(clicks(&fixture, "c1").await, 3);
    let unknown = fixture.post("/links/click", json!({"accountId": "store", "code": "nobody-123"})).await;
    assert_eq!(why(&unknown), (404, "unknown_code"));
    assert_eq!(fixture.get("/stats").await["clicks"], json!({"total": 3, "last30Days": 3}));
    fixture.app.clock.pass(30 * 86_400);
    assert_eq!(fixture.get("/stats").await["clicks"], json!({"total": 3, "last30Days": 2}), "to the second");
}

#[tokio::test]
async fn public_link_counts_each_visitor_once_a_day() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("c1").await;
    let firefox = ("user-agent", "Firefox");
    let to = format!("http://127.0.0.1:8787?ref={code}");
    for (address, agent) in
        [("10.0.0.1", "Firefox"), ("10.0.0.1", "Firefox"), ("10.0.0.2", "Firefox"), ("10.0.0.3", "Discordbot")]
    {
        let headers = [("x-forwarded-for", address), ("user-agent", agent)];
        assert_eq!(visit(&fixture, "GET", &code, &headers).await, (302, Some(to.clone())));
    }
    assert_eq!(visit(&fixture, "HEAD", &code, &[("x-forwarded-for", "10.0.0.4"), firefox]).await.0, 302);
    assert_eq!(clicks(&fixture, "c1").await, 2, "two people");
    assert_eq!(visit(&fixture, "GET", "nobody-1", &[firefox]).await.0, 404);
    fixture.app.put("/referrals/program", json!({"enabled": false})).await;
    let dead = visit(&fixture, "GET", &code, &[("x-forwarded-for", "10.0.0.5"), firefox]).await;
    assert_eq!(dead, (302, Some("http://127.0.0.1:8787".to_owned())), "the friend lands in the store all the same");
}

#[tokio::test]
async fn visitor_over_the_rate_limit_gets_429() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("c1").await;
    let mut slowed = 0;
    for _ in 0..40 {
        slowed += u32::from(visit(&fixture, "GET", &code, &[("x-forwarded-for", "10.0.0.9")]).await.0 == 429);
    }
    assert!(slowed > 0, "40 visits within a moment");
    assert_eq!(visit(&fixture, "GET", &code, &[("x-forwarded-for", "10.0.0.8")]).await.0, 302, "and nobody else is");
}

/// R3-16, R4-30, C-17.
#[tokio::test]
async fn link_leads_to_the_configured_page_on_a_store_host() {
    let fixture = ReferralFixture::code_rewards().await;
    let set = async |address: Value| fixture.app.put("/referrals/program", json!({"landingUrl": address})).await.0;
    let url =
        async || text(&fixture.post("/links/issue", json!({"accountId": "store", "customerId": "c1"})).await.1, "url");
    let code = fixture.code("c1").await;
    assert_eq!(set(json!("/friends?from=a&ref=old#top")).await, StatusCode::OK);
    assert_eq!(url().await, format!("http://127.0.0.1:8787/friends?from=a&ref={code}#top"));
    fixture.rule(json!({"landingUrl": "http://127.0.0.1:8787/vip"})).await;
    assert_eq!(url().await, format!("http://127.0.0.1:8787/vip?ref={code}"), "the rule's before the program's");
    fixture.rule(json!({"landingUrl": null})).await;
    assert_eq!(set(json!("  ")).await, StatusCode::OK);
    assert_eq!(url().await, format!("http://127.0.0.1:8787?ref={code}"), "blank: the home page");
}

/// R0-15, R0-20, R3-17, R3-19.
#[tokio::test]
async fn code_is_read_leniently_and_can_be_disabled() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("c1").await;
    let typed = format!("%20{}%20", code.to_uppercase());
    let verdict = fixture.get(&format!("/codes/{typed}")).await;
    assert_eq!((&verdict["valid"], &verdict["code"]), (&json!(true), &json!(code)));
    assert_eq!(verdict["refereeBenefit"], json!({"type": "percent", "percent": 10}));
    for unknown in ["nobody-123", "%20", "a%20b", "%00", "%ff"] {
        let (status, _) = fixture.app.get(&format!("/referrals/codes/{unknown}")).await;
        assert!([404, 422].contains(&status.as_u16()), "{unknown}: {status}");
    }
    let channels = json!({"bind": {"codeAtSignup": false, "codeAtCheckout": false}});
    fixture.app.put("/referrals/program", channels).await;
    let verdict = fixture.get(&format!("/codes/{code}")).await;
    assert_eq!((&verdict["valid"], &verdict["reason"]), (&json!(false), &json!("door_closed")));
    let panel = fixture.app.get("/customers/c1/panel").await.1;
    assert_eq!((&panel["codeEnabled"], &panel["code"]), (&json!(false), &Value::Null));
    assert_eq!(why(&fixture.checkout("s1", "bob", Some(&code)).await), (409, "door_closed"));
    let typed = json!({"accountId": "store", "refereeCustomerId": "carol", "code": code});
    assert_eq!(why(&fixture.post("/attributions/signup", typed).await), (409, "door_closed"));
    assert_eq!(fixture.signup("dave", &code).await.0, StatusCode::CREATED, "links still work");
}

/// D-18.
#[tokio::test]
async fn id_of_another_store_is_not_found() {
    let fixture = ReferralFixture::code_rewards().await;
    for (path, body) in [
        ("/links/issue", json!({"accountId": "other", "customerId": "c1"})),
        ("/links/click", json!({"accountId": "other", "code": "c"})),
        ("/attributions/signup", json!({"accountId": "other", "refereeCustomerId": "c1", "linkCode": "c"})),
        ("/attributions/checkout", json!({"accountId": "other", "checkoutSessionId": "s", "customerId": "c1"})),
        ("/attributions/void", json!({"accountId": "other", "checkoutSessionId": "s"})),
    ] {
        assert_eq!(why(&fixture.post(path, body).await), (404, "unknown_account"), "{path}");
    }
    assert_eq!(why(&fixture.app.get("/referrals/rewards/other/c1").await), (404, "unknown_account"));
}
