use crate::rig::Rig;
use std::path::Path;

/// What a `curl` line of a document sends: method, path, body.
fn requests(document: &str) -> Vec<(String, String, serde_json::Value)> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(document)).unwrap();
    let one_line = text.replace("\\\n", " ");
    let lines = one_line.lines().filter(|line| line.starts_with("curl ") && line.contains(" -d '"));
    let word_after =
        |line: &str, mark: &str| line.split_once(mark).unwrap().1.split_whitespace().next().unwrap().to_owned();
    lines
        .map(|line| {
            let body = line.split_once(" -d '").unwrap().1.rsplit_once('\'').unwrap().0;
            let path = word_after(line, "http://127.0.0.1:8787");
            (
                word_after(line, "-X "),
                path,
                serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}")),
            )
        })
        .collect()
}

#[tokio::test]
async fn the_readmes_requests_work_and_sell_diamonds() {
    let rig = Rig::start(&["Steve"]).await;
    let requests = requests("README.md");
    assert_eq!(requests.len(), 3, "a server, a package, an order");
    // The server last: a package without servers is for all, and that one has no agent here.
    for number in [1, 2, 0] {
        let (method, path, body) = requests[number].clone();
        let (status, answer) = rig.api.call(method.parse().unwrap(), &path, Some(body)).await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {answer}");
    }
    rig.delivered("order-1").await;
    rig.stage.has("Steve", "diamond", 5, crate::rig::LIMIT).await.unwrap();
}
