use reqwest::Method;
use serde_json::Value;

use crate::stack::{self, answer};

/// What may be asked by anybody: each way of signing in, and whether there is one of signing up.
const OPEN: [&str; 4] = [
    "POST /api/v1/auth/sign-in",
    "POST /api/v1/auth/sign-in-link",
    "GET /api/v1/auth/sign-up",
    "POST /api/v1/auth/sign-up",
];

#[test]
fn the_committed_document_is_what_the_handlers_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == http_gateway::openapi_document(),
        "docs/openapi.json is out of date; write it anew by\n    cargo run -p http-gateway --example openapi > docs/openapi.json"
    );
}

#[tokio::test]
async fn the_document_is_served() {
    let stack = stack::start().await;
    let served = answer(stack.get("/api/openapi.json")).await;
    assert_eq!(served.header("content-type"), "application/json");
    assert_eq!(served.body, http_gateway::openapi_document());
    assert_eq!(served.json()["openapi"], "3.1.0");
}

#[tokio::test]
async fn every_route_is_closed_to_strangers() {
    let stack = stack::start().await;
    let document: Value = serde_json::from_str(&http_gateway::openapi_document()).expect("JSON");
    let mut open = Vec::new();
    let mut closed = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let method: Method = method.to_uppercase().parse().expect("a method");
            if operation["security"] == serde_json::json!([{}]) {
                open.push(format!("{method} {path}"));
                continue;
            }
            // A body that would be refused, so that 401 can only come first.
            let address = path.replace(['{', '}'], "");
            let request = stack.request(method.clone(), &address).body("{");
            let refused = answer(request).await;
            assert_eq!(refused.status, 401, "{method} {path}");
            refused.refused(401, "not_signed_in");
            closed += 1;
        }
    }
    assert_eq!(open, OPEN, "a route that is open to all is named in this test");
    assert!(closed >= 21, "only {closed} routes were tried");
}

#[tokio::test]
async fn the_page_of_the_document_needs_nothing_from_elsewhere() {
    let stack = stack::start().await;
    let page = answer(stack.get("/api/docs")).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'self';")
    );
    let files = page
        .body
        .split('"')
        .filter(|text| text.starts_with("/api/docs/"))
        .collect::<Vec<_>>();
    assert_eq!(files.len(), 2);
    for file in files {
        assert_eq!(answer(stack.get(file)).await.status, 200, "{file}");
    }
    assert!(!page.body.contains("//"), "an address of another origin");
    assert!(!page.body.contains("<style"), "inline style");
    assert_eq!(page.body.matches("<script").count(), 1);
    answer(stack.get("/api/docs/none.js"))
        .await
        .refused(404, "not_found");
}
