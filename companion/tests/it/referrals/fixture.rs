//! [`ReferralFixture`]: a companion with a referral program, and the calls of a storefront.

use crate::test_app::{Answer, TestApp, list, text};
use http::StatusCode;
use serde_json::{Value, json};

pub(crate) struct ReferralFixture {
    pub(crate) app: TestApp,
}

impl ReferralFixture {
    /// A companion with this program.
    pub(crate) async fn with(program: Value) -> ReferralFixture {
        let fixture = ReferralFixture { app: TestApp::new().await };
        let (status, answer) = fixture.app.put("/referrals/program", program).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        fixture
    }

    /// Codes for both sides: 20 percent for the referrer, 10 for the friend, from 10.00 EUR, 14 days after the click.
    pub(crate) async fn code_rewards() -> ReferralFixture {
        ReferralFixture::with(
            json!({"enabled": true, "rewardType": "percent", "referrerValue": 20, "refereeValue": 10, "currency": "EUR",
            "minPurchaseAmount": 1000, "rewardExpiryDays": 30, "attributionWindowDays": 14}),
        )
        .await
    }

    /// Rewards the referrer with these commands.
    pub(crate) async fn command_rewards(commands: Value) -> ReferralFixture {
        ReferralFixture::with(json!({"enabled": true, "rewardCommands": commands})).await
    }

    /// Posts to a path under `/referrals`. Errors are returned like other answers.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.app.post(&format!("/referrals{path}"), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.app.get(&format!("/referrals{path}")).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// Adds a customer with a player of this name, and returns their code.
    pub(crate) async fn referrer(&self, id: &str, player: &str) -> String {
        self.app.put(&format!("/customers/{id}"), json!({"name": id, "player": {"name": player}})).await;
        self.code(id).await
    }

    pub(crate) async fn code(&self, id: &str) -> String {
        let (status, link) = self.post("/links/issue", json!({"accountId": "store", "customerId": id})).await;
        assert!(status.is_success(), "{link}");
        text(&link, "code")
    }

    pub(crate) async fn signup(&self, id: &str, code: &str) -> Answer {
        let body = json!({"accountId": "store", "refereeCustomerId": id, "refereeEmail": format!("{id}@example.com"), "linkCode": code});
        self.post("/attributions/signup", body).await
    }

    /// Reports a checkout, with or without a code.
    pub(crate) async fn checkout(&self, session: &str, id: &str, code: Option<&str>) -> Answer {
        let body = json!({"accountId": "store", "checkoutSessionId": session, "customerId": id, "code": code});
        self.post("/attributions/checkout", body).await
    }

    pub(crate) async fn fulfil(&self, session: &str, amount: i64) -> Answer {
        let body = json!({"checkoutSessionId": session, "status": "paid", "currency": "EUR", "amount": amount});
        self.post("/attributions/fulfill", body).await
    }

    pub(crate) async fn void(&self, session: &str) -> Answer {
        self.post("/attributions/void", json!({"checkoutSessionId": session})).await
    }

    /// Signs a friend up with the code and pays; returns the attribution.
    pub(crate) async fn refer(&self, friend: &str, code: &str, amount: i64) -> Value {
        self.signup(friend, code).await;
        self.buy(friend, &format!("s-{friend}"), amount).await
    }

    /// Pays as a customer; returns the attribution, or null.
    pub(crate) async fn buy(&self, id: &str, session: &str, amount: i64) -> Value {
        self.checkout(session, id, None).await;
        let (status, attribution) = self.fulfil(session, amount).await;
        assert_eq!(status, StatusCode::OK, "{attribution}");
        attribution
    }

    /// A customer's rewards.
    pub(crate) async fn rewards(&self, id: &str) -> Vec<Value> {
        list(&self.get(&format!("/rewards/store/{id}")).await, "rewards")
    }

    pub(crate) async fn points(&self, id: &str) -> i64 {
        self.app.get(&format!("/points/{id}")).await.1["balance"].as_i64().expect("a balance")
    }

    /// Edits the global rule.
    pub(crate) async fn rule(&self, edit: Value) -> Value {
        let (status, rule) = self.app.put("/referrals/rules/rule_global", edit).await;
        assert_eq!(status, StatusCode::OK, "{rule}");
        rule
    }
}

/// The status and the error code of an answer.
pub(crate) fn why((status, answer): &Answer) -> (u16, &str) {
    (status.as_u16(), answer["error"]["code"].as_str().unwrap_or("no error"))
}

/// Status and reason of an attribution.
pub(crate) fn state(attribution: &Value) -> (&str, Option<&str>) {
    (attribution["status"].as_str().expect("a status"), attribution["reason"].as_str())
}

/// The grant of this side of an attribution.
pub(crate) fn grant(attribution: &Value, side: &str) -> Value {
    let grants = list(attribution, "grants");
    grants.into_iter().find(|grant| grant["side"] == side).unwrap_or(Value::Null)
}
