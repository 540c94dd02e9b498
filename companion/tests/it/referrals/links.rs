//! Referral links, clicks, codes, and the customer's summary.

use super::fixture::{ReferralFixture, why};
use crate::test_app::text;
use axum::body::Body;
use flux_referral_rules::limits;
use flux_storage::{Tx, params};
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

/// R3-37.
#[tokio::test]
async fn panel_says_what_the_rule_gives_its_limits_and_its_waiting_time() {
    let fixture = ReferralFixture::code_rewards().await;
    let edit = json!({"dailyRegistrationLimit": 5, "orderValidDays": 60,
        "orderTiming": {"type": "daysAfterPayment", "days": 14}});
    fixture.rule(edit).await;
    fixture.app.put("/customers/alice", json!({"name": "alice"})).await;
    let panel = fixture.app.get("/customers/alice/panel").await.1;
    assert_eq!(panel["gives"]["referrer"]["firstOrder"]["words"], "20 % off");
    assert_eq!(panel["gives"]["referee"]["firstOrder"]["benefit"]["percent"], 10);
    assert_eq!(panel["gives"]["referee"]["registration"], Value::Null);
    assert_eq!(
        panel["limits"],
        json!({"minPurchaseAmount": 1000, "currency": "EUR", "dailyRegistrationLimit": 5, "orderValidDays": 60,
            "attributionWindowDays": 14, "maxRewardsPerReferrer": null})
    );
    assert_eq!(panel["orderTiming"], json!({"type": "daysAfterPayment", "days": 14}));
    fixture.rule(json!({"status": "disabled"})).await;
    let none = fixture.app.get("/customers/alice/panel").await;
    assert_eq!(why(&none), (404, "no_rule"));
    assert_eq!(text(&none.1["error"], "message"), "this customer has no panel: no rule rewards this customer");
}

/// R2-04, R3-03, R4-31.
#[tokio::test]
async fn customers_have_no_link_or_summary_without_rewards() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("c1").await;
    fixture.app.put("/referrals/program", json!({"enabled": false})).await;
    let body = json!({"accountId": "store", "customerId": "c1"});
    assert_eq!(fixture.post("/links/issue", body.clone()).await, (StatusCode::OK, Value::Null));
    let off = fixture.app.get("/customers/c1/panel").await;
    assert_eq!(why(&off), (404, "program_disabled"));
    assert_eq!(text(&off.1["error"], "message"), "this customer has no panel: the program is off");
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
    for (address, agent) in [
        ("10.0.0.1", "Firefox"),
        ("10.0.0.1", "Another browser"),
        ("10.0.0.1:4711", "A third one"),
        ("2001:db8:1:2::1", "Firefox"),
        ("[2001:db8:1:2:ffff::2]:443", "Safari"),
    ] {
        let headers = [("x-forwarded-for", address), ("user-agent", agent)];
        let (status, landing) = visit(&fixture, "GET", &code, &headers).await;
        let landing = landing.expect("a landing page");
        assert!(status == 302 && landing.starts_with(&format!("{to}&click=clk_")), "{landing}");
    }
    let preview = [("x-forwarded-for", "10.0.0.3"), ("user-agent", "Discordbot")];
    assert_eq!(visit(&fixture, "GET", &code, &preview).await, (302, Some(to.clone())), "a preview is nobody's click");
    assert_eq!(visit(&fixture, "HEAD", &code, &[("x-forwarded-for", "10.0.0.4"), firefox]).await, (302, Some(to)));
    assert_eq!(clicks(&fixture, "c1").await, 2, "two people");
    assert_eq!(visit(&fixture, "GET", "nobody-1", &[firefox]).await.0, 404);
    fixture.app.put("/referrals/program", json!({"enabled": false})).await;
    let dead = visit(&fixture, "GET", &code, &[("x-forwarded-for", "10.0.0.5"), firefox]).await;
    assert_eq!(dead, (302, Some("http://127.0.0.1:8787".to_owned())), "the friend lands in the store all the same");
}

/// The table of single clicks, as a number of rows.
async fn stored_clicks(fixture: &ReferralFixture) -> i64 {
    let count =
        |tx: &Tx<'_>| tx.only("SELECT count(*) AS total FROM referral_clicks", params![], |row| row.get("total"));
    fixture.app.state.db.read(count).await.map_err(|error: flux_storage::Error| error).expect("a number")
}

async fn change(fixture: &ReferralFixture, sql: &'static str, value: i64) {
    let write = move |tx: &Tx<'_>| tx.execute(sql, params![value]);
    let changed = fixture.app.state.db.write(write).await.map_err(|error: flux_storage::Error| error);
    assert_eq!(changed.expect("a change"), 1);
}

#[tokio::test]
async fn counted_clicks_are_limited_by_visitor_link_and_table() {
    let fixture = ReferralFixture::code_rewards().await;
    let click = async |code: &str, visitor: &str| {
        let body = json!({"accountId": "store", "code": code, "visitorKey": visitor});
        let (status, answer) = fixture.post("/links/click", body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert!(text(&answer, "clickId").starts_with("clk_"), "counted or not, it is the visitor's click");
    };
    for link in 0..=limits::VISITOR_CLICKS {
        let code = fixture.code(&format!("c{link}")).await;
        click(&code, "v1").await;
    }
    assert_eq!(stored_clicks(&fixture).await, i64::from(limits::VISITOR_CLICKS), "one visitor");
    let last = format!("c{}", limits::VISITOR_CLICKS);
    assert_eq!(clicks(&fixture, &last).await, 0);
    let code = fixture.code(&last).await;
    click(&code, "v2").await;
    let almost = "UPDATE referral_links SET day_clicks = $1
                  WHERE id = (SELECT link_id FROM referral_clicks WHERE visitor = 'v2')";
    change(&fixture, almost, i64::from(limits::LINK_CLICKS) - 1).await;
    click(&code, "v3").await;
    click(&code, "v4").await;
    assert_eq!(clicks(&fixture, &last).await, 2, "one link on one day");
    fixture.app.clock.pass(86_400);
    click(&code, "v1").await;
    assert_eq!(clicks(&fixture, &last).await, 3, "the next day is another one");
    let rows = stored_clicks(&fixture).await;
    let far = "UPDATE referral_clicks SET seq = seq + $1 WHERE seq = (SELECT max(seq) FROM referral_clicks)";
    change(&fixture, far, flux_referrals::limits::CLICKS_STORED).await;
    click(&code, "v5").await;
    let left = stored_clicks(&fixture).await;
    assert!(left == 2 && rows > 50, "{rows} rows, then {left}: the oldest make room");
    assert_eq!(clicks(&fixture, &last).await, 4, "the counters keep them");
}

/// A window of one day, a click six days ago, and then a stranger.
#[tokio::test]
async fn no_stranger_restarts_the_window_of_a_referee() {
    let fixture = ReferralFixture::code_rewards().await;
    fixture.app.put("/referrals/program", json!({"attributionWindowDays": 1})).await;
    let (code, other) = (fixture.code("c1").await, fixture.code("c2").await);
    let signup = async |who: &str, more: Value| {
        let mut body = json!({"accountId": "store", "refereeCustomerId": who, "linkCode": code});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        fixture.post("/attributions/signup", body).await
    };
    let click_id = async |code: &str, address: &str| {
        let landing = visit(&fixture, "GET", code, &[("x-forwarded-for", address)]).await.1.expect("a landing page");
        landing.split_once("click=").expect("a click id").1.to_owned()
    };
    let old = click_id(&code, "10.0.0.1").await;
    fixture.app.clock.pass(6 * 86_400);
    assert_eq!(why(&signup("bob", json!({})).await), (409, "too_late"));
    let others = click_id(&other, "10.0.0.2").await;
    let own = click_id(&code, "10.0.0.3").await;
    let tomorrow = {
        fixture.app.clock.pass(86_400);
        let id = click_id(&code, "10.0.0.4").await;
        fixture.app.clock.pass(-86_400);
        id
    };
    for (number, more) in [
        json!({}),
        json!({"clickId": old}),
        json!({"clickId": others}),
        json!({"clickId": tomorrow}),
        json!({"clickId": ""}),
        json!({"clickId": "'; \u{0} --"}),
        json!({"clickId": null}),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = signup(&format!("friend{number}"), more.clone()).await;
        assert_eq!(why(&answer), (409, "too_late"), "{more}");
    }
    let both = json!({"clickId": own, "clickedAt": "2027-01-15T08:00:00Z"});
    assert_eq!(why(&signup("erin", both).await), (422, "invalid_value"));
    let (status, row) = signup("dave", json!({"clickId": own})).await;
    assert_eq!((status, &row["clickAt"]), (StatusCode::CREATED, &json!("2027-01-21T08:00:00Z")), "{row}");
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
    assert_eq!((&verdict["doors"]["checkout"]["reason"], &verdict["valid"]), (&json!("door_closed"), &json!(true)));
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
