//! One-click unsubscribe: a recipient who has used a mail's link gets no more mails.

use crate::mail_failures::{becomes, mail_to, served};
use crate::mail_server::{MailServer, Taken};
use crate::test_app::{TestApp, text};
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

const PUBLIC: &str = "https://store.example.com";

/// A header's value, without the lines' folding.
fn header<'a>(mail: &'a Taken, name: &str) -> Option<&'a str> {
    mail.headers.iter().find_map(|line| line.strip_prefix(&format!("{name}: ")))
}

/// The status, the content type and the body of a public page.
async fn visit(app: &TestApp, method: &str, path: &str) -> (StatusCode, String, String) {
    let body = Body::from("List-Unsubscribe=One-Click");
    let request = Request::builder().method(method).uri(path).body(body).expect("a request");
    let response = app.router.clone().oneshot(request).await.expect("an answer");
    let (status, kind) = (response.status(), response.headers()[header::CONTENT_TYPE].clone());
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, kind.to_str().expect("text").to_owned(), String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn recipient_unsubscribes_with_one_click_and_gets_no_more_mails() {
    let mut server = MailServer::start().await;
    let served = served(&format!("public_url: {PUBLIC}\n{}", server.config())).await;
    let app = &served.app;
    becomes(app, mail_to(app, "steve@example.com").await, "sent").await;
    let mail = server.next().await;
    assert_eq!(header(&mail, "List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
    let link = header(&mail, "List-Unsubscribe").expect("a link").trim_matches(['<', '>']).to_owned();
    let path = link.strip_prefix(PUBLIC).expect("the public address");

    let before = app.dump().await;
    let (status, kind, page) = visit(app, "GET", path).await;
    assert_eq!((status, kind.as_str()), (StatusCode::OK, "text/html; charset=utf-8"));
    assert!(page.contains("<form method=\"post\">"), "{page}");
    assert_eq!(app.dump().await, before, "programs that scan mails open links: a GET changes nothing");
    assert_eq!(visit(app, "POST", &path.replace("/u/", "/u/A")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(app.dump().await, before);

    for _ in 0..2 {
        assert_eq!(visit(app, "POST", path).await.0, StatusCode::OK);
    }
    let refused = becomes(app, mail_to(app, "Steve+shop@Example.com").await, "given_up").await;
    assert!(text(&refused, "reason").contains("unsubscribed"), "{refused}");
    becomes(app, mail_to(app, "alex@example.com").await, "sent").await;
    assert_eq!(server.take().await, "alex@example.com");
    served.stop().await;
}

#[tokio::test]
async fn mail_of_a_store_without_https_has_no_link_to_unsubscribe() {
    let mut server = MailServer::start().await;
    for public in ["", "public_url: http://store.example.com\n"] {
        let served = served(&format!("{public}{}", server.config())).await;
        mail_to(&served.app, "steve@example.com").await;
        assert_eq!(header(&server.next().await, "List-Unsubscribe"), None, "{public}");
        served.stop().await;
    }
}
