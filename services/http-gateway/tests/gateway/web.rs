use reqwest::Method;

use crate::stack::{self, answer};

#[tokio::test]
async fn every_address_outside_of_the_api_is_the_web_ui() {
    let stack = stack::start().await;
    let home = answer(stack.get("/")).await;
    assert!(home.header("content-type").starts_with("text/html"));
    assert!(home.body.contains("<!doctype html>") || home.body.contains("<!DOCTYPE html>"));
    for address in [
        "/projects/acme/tool-calls",
        "/projects/acme/servers/a.b",
        "/index.html",
    ] {
        let page = answer(stack.get(address)).await;
        assert_eq!((page.status, &page.body), (home.status, &home.body), "{address}");
    }
    for escape in ["/..%2f..%2fCargo.toml", "/assets/..%2findex.html"] {
        let page = answer(stack.get(escape)).await;
        assert!(!page.body.contains("[package]"), "{escape}");
    }
    let head = answer(stack.request(Method::HEAD, "/")).await;
    assert_eq!((head.status, head.body.as_str()), (home.status, ""));
}

#[tokio::test]
async fn browsers_are_told_to_take_nothing_from_elsewhere() {
    let stack = stack::start().await;
    for address in [
        "/",
        "/api/docs",
        "/api/openapi.json",
        "/api/v1/me",
        "/api/v1/none",
    ] {
        let page = answer(stack.get(address)).await;
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'self';"), "{address}: {policy}");
        assert!(!policy.contains("script-src"), "{address}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{address}: {policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("referrer-policy"), "same-origin");
    }
    assert_eq!(
        answer(stack.get("/api/v1/me")).await.header("cache-control"),
        "no-store"
    );
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_say_that_they_can_read_it() {
    let stack = stack::start().await;
    let document = stack.get("/api/openapi.json");
    let compressed = document
        .header("accept-encoding", "gzip")
        .send()
        .await
        .expect("an answer");
    assert_eq!(compressed.headers()["content-encoding"], "gzip");
    let bytes = compressed.bytes().await.expect("a body");
    assert!(bytes.len() * 4 < http_gateway::openapi_document().len());
}
